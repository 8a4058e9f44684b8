// Speaks what the demonstration's simulated mediators say: a folder of WAV files a mediator, made once, and the file
// that tells the native client who signs in by which link and says what.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const data = process.argv[2];
const links = JSON.parse(readFileSync(join(data, 'demo-links.json'), 'utf8'));
const phrases = JSON.parse(readFileSync('models/phrases.json', 'utf8'));

// A greeting in each language, then phrases of the interview. The speech model of the demonstration knows English,
// Albanian and Serbian; what the others say is heard, not transcribed.
const greetings = {
  ar: ['صباح الخير.', 'هل تسمعني؟', 'أنت في أمان هنا.'],
  fa: ['صبح بخیر.', 'صدای مرا می‌شنوید؟', 'شما اینجا در امان هستید.'],
  fr: ['Bonjour.', 'Vous m’entendez ?', 'Vous êtes en sécurité ici.'],
  tr: ['Günaydın.', 'Beni duyuyor musunuz?', 'Burada güvendesiniz.'],
  ur: ['السلام علیکم۔', 'کیا آپ مجھے سن سکتے ہیں؟', 'آپ یہاں محفوظ ہیں۔'],
};
// Women's and men's voices in the order of the roster.
const variants = ['f2', 'm3', 'f4', 'm1', 'f1', 'm2', 'f3', 'f5', 'm4', 'f2'];

// The last one is left to a person, who may want to see a mediator's screens.
const lines = links.mediators.slice(0, -1).map((mediator, number) => {
  const language = mediator.language.split('-')[0];
  const [hello, hearing, ...answers] =
    language in phrases ? [0, 3, 5, 7, 8, 10, 12].map((at) => phrases[language][at]) : greetings[language];
  const folder = join(data, 'speech', mediator.login);
  if (!existsSync(join(folder, 'greeting.wav'))) {
    mkdirSync(folder, { recursive: true });
    const speak = (name, text) =>
      execFileSync('espeak-ng', ['-v', `${language}+${variants[number]}`, '-s', '150', '-w', join(folder, `${name}.wav`), text]);
    [hearing, ...answers].forEach((text, at) => speak(`answer-${at}`, text));
    // Last, because its presence says that the folder is whole.
    speak('greeting', `${hello} ${hearing}`);
  }
  return `${mediator.link} ${folder}`;
});
// It holds links that sign in.
writeFileSync(join(data, 'mediators.txt'), `${lines.join('\n')}\n`, { mode: 0o600 });
