/** The calls of `/api/v1` about transcripts of sessions that are over, one function each. */
import type { MyCheck, ReviewAct, TranscriptView } from '../wire';
import { call, fetchFile } from './http';

export type FileFormat = 'pdf' | 'docx' | 'vtt' | 'txt' | 'json';

export const transcriptCalls = {
  /** `reason`: why it is read, which is noted; empty for a mediator who was asked to go through it. */
  read: (session: string, reason: string) =>
    call<TranscriptView>('GET', `/sessions/${session}/transcript${reason === '' ? '' : `?${new URLSearchParams({ reason })}`}`),
  revise: (session: string, act: ReviewAct) =>
    call<TranscriptView>('POST', `/sessions/${session}/transcript/revisions`, act),
  /** `language`: of what is printed around the lines. */
  file: (session: string, format: FileFormat, language: string, reason: string) =>
    fetchFile(`/sessions/${session}/transcript/file?${new URLSearchParams({ format, language, zone: ownZone(), reason })}`),
  myChecks: () => call<MyCheck[]>('GET', '/my/checks'),
};

/** Times in a paper are those of where it is asked for. */
function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
