/** Which lines the reader may certify, and which of them are left. */
import { primary } from '../languages';
import type { LineVersion, Speaker, TranscriptView } from '../../wire';
import { certifiedBy, linesOf, readerOf, speakersBy, type Line } from './document';

/** Most lines of one act, as the relay takes them. */
export const MOST = 1000;

/**
 * Whether the reader understands what was said: the language it was written in, or the one that its speaker speaks, for
 * what was said may have been transcribed as a neighbour. A mediator speaks both, so that says nothing about a line.
 */
export function understands(line: Line, view: TranscriptView, speakers: ReadonlyMap<string, Speaker>): boolean {
  const speaker = speakers.get(line.speaker);
  const spoken = [line.language, speaker?.role === 'mediator' ? undefined : speaker?.language];
  return spoken.some((tag) => tag !== undefined && view.your_languages.some((own) => primary(own) === primary(tag)));
}

/** Lines by their number, each in the version in which somebody saw it. */
export type Seen = ReadonlyMap<number, number>;

/** The lines that are the reader's to certify. */
export function certifiable(view: TranscriptView): Seen {
  const reader = readerOf(view);
  const speakers = speakersBy(view.document.speakers);
  const may = (line: Line) => reader !== undefined && understands(line, view, speakers) && !certifiedBy(line.certified, reader);
  return new Map(linesOf(view.document).filter(may).map((line) => [line.number, line.version]));
}

/** Those that nobody has certified. */
export function uncertified(view: TranscriptView, shown: ReadonlySet<number>): [line: number, version: number][] {
  const may = certifiable(view);
  const open = linesOf(view.document).filter((line) => line.certified.length === 0 && may.has(line.number));
  return open.filter((line) => shown.has(line.number)).map((line): [number, number] => [line.number, line.version]).slice(0, MOST);
}

/** What is sent of them: as they were when they were chosen, whatever has become of them since. */
export function seenOf(chosen: Seen): LineVersion[] {
  return [...chosen].slice(0, MOST).map(([line, version]) => ({ line, version }));
}
