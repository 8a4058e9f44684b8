// Adds up what the test runners said, and says it in one line; none executed, or one failed, is a failure.
import { readFileSync } from 'node:fs';

// eslint-disable-next-line no-control-regex -- colours of the runners
const log = readFileSync(process.argv[2], 'utf8').replaceAll(/\u001b\[[0-9;]*m/g, '');
const sum = (pattern) => [...log.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0);

const runners = {
  'Rust (cargo test)': [sum(/^test result: .*? (\d+) passed/gm), sum(/^test result: .*? (\d+) failed/gm)],
  'web app (vitest)': [sum(/^\s*Tests\s+.*?(\d+) passed/gm), sum(/^\s*Tests\s+(\d+) failed/gm)],
  'browser (node:test)': [sum(/^(?:#|ℹ) pass (\d+)/gm), sum(/^(?:#|ℹ) fail (\d+)/gm)],
};
let passed = 0;
let failed = 0;
for (const [runner, [good, bad]] of Object.entries(runners)) {
  console.log(`${runner}: ${good} passed, ${bad} failed`);
  passed += good;
  failed += bad;
  if (good === 0) {
    console.log(`${runner}: no test was executed`);
    failed += 1;
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
