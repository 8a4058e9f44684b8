/** Which lines the reader may certify, and which of them are left. */
import { primary } from '../languages';
import type { LineVersion, Speaker, TranscriptView } from '../../wire';
import { certifiedBy, isLine, linesOf, readerOf, speakersBy, type Line } from './document';

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

/** Numbers of the lines that are the reader's to certify. */
export function certifiable(view: TranscriptView): Set<number> {
  const reader = readerOf(view);
  const speakers = speakersBy(view.document.speakers);
  const may = (line: Line) => reader !== undefined && understands(line, view, speakers) && !certifiedBy(line.certified, reader);
  return new Set(linesOf(view.document).filter(may).map((line) => line.number));
}

/** Those that nobody has certified. */
export function uncertified(view: TranscriptView, shown: ReadonlySet<number>): number[] {
  const may = certifiable(view);
  const open = linesOf(view.document).filter((line) => line.certified.length === 0 && may.has(line.number));
  return open.map((line) => line.number).filter((number) => shown.has(number)).slice(0, MOST);
}

/** Chosen lines as they stand on the screen now. */
export function seenOf(view: TranscriptView, chosen: ReadonlySet<number>): LineVersion[] {
  const lines = view.document.entries.filter(isLine).filter((line) => chosen.has(line.number));
  return lines.slice(0, MOST).map(({ number, version }) => ({ line: number, version }));
}
