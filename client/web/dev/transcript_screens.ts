/** Screens of the gallery with transcripts of sessions that are over. */
import { mount } from 'svelte';
import TranscriptReason from '../src/screens/TranscriptReason.svelte';
import type { TranscriptView } from '../src/wire';
import SampleTranscript from './SampleTranscript.svelte';
import * as sample from './transcript_samples';

const transcript = (first: TranscriptView, more: object = {}) => (target: HTMLElement) =>
  void mount(SampleTranscript, { target, props: { first, ...more } });

export function transcriptScreens(): Record<string, (target: HTMLElement) => void> {
  return {
    transcript: transcript(sample.officer),
    'transcript-line': transcript(sample.officer),
    'transcript-reader': transcript(sample.reader),
    'transcript-mediator': transcript(sample.mediator),
    'transcript-chosen': transcript(sample.mediator),
    'transcript-certify': transcript(sample.officer),
    'transcript-finish': transcript(sample.mediator),
    'transcript-editing': transcript(sample.asked),
    'transcript-changed': transcript(sample.asked, { racing: true }),
    'transcript-comment': transcript(sample.mediator),
    'transcript-arabic': transcript(sample.arabic),
    'transcript-search': transcript(sample.arabic),
    'transcript-recording': transcript(sample.officer),
    'transcript-downloads': transcript(sample.officer),
    'transcript-checks': transcript(sample.asked),
    'transcript-long': transcript(sample.long(3000)),
    'transcript-reason': (target) =>
      void mount(TranscriptReason, {
        target,
        props: { busy: false, problem: undefined, onopen: () => undefined, onback: () => undefined, onsignout: () => undefined },
      }),
  };
}
