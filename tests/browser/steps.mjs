// Steps of one journey, in order. After one that failed, those that follow would only fail slowly and say nothing new.
import { it } from 'node:test';

/** `everybody`: who may have been there, for the pictures of a failure. */
export function steps(everybody, pictures) {
  let broken = false;
  const step = (name, body) =>
    it(name, { timeout: 60_000 }, async () => {
      // Words only: where this is thrown tells nobody anything.
      if (broken) throw 'an earlier step failed';
      try {
        await body();
      } catch (error) {
        broken = true;
        const there = everybody().filter((person) => person !== undefined);
        await Promise.allSettled(there.map((person) => person.photograph(`failed-${person.role}`)));
        console.log(`screens: ${pictures}`, there.flatMap((person) => person.complaints));
        throw error;
      }
    });
  return { step, failed: () => broken };
}
