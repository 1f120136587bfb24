import { codes, fillText, saidArgs, type CodeArgs, type Problem } from '../../schemas';
import { texts } from './texts';

/** Where the command line writes and reads; given, so that tests can listen. */
export interface Terminal {
  out(text: string): void;
  error(text: string): void;
  /** Whether a person can be asked. */
  readonly interactive: boolean;
  /** Whether it shows colours; absent: no. */
  readonly colours?: boolean;
  /** Characters in a line; absent: any number. */
  readonly columns?: number;
  /** Asks one line; rejects when `signal` is aborted. */
  question(text: string, signal: AbortSignal): Promise<string>;
}

export type TextName = keyof typeof texts;

/** What a piece of a line is; a terminal with colours shows it. */
export type Style = 'plain' | 'path' | 'place' | 'added' | 'removed' | 'ask';

const colours: Readonly<Record<Style, string>> = {
  plain: '',
  path: '1',
  place: '36',
  added: '32',
  removed: '31',
  ask: '1;34',
};

/** Prints sentences for people or JSON for programs, never both. */
export class Printer {
  constructor(
    private readonly terminal: Terminal,
    readonly json: boolean,
  ) {}

  /** A line for people. */
  say(name: TextName, args: CodeArgs = {}): void {
    if (!this.json) this.terminal.out(`${this.text(name, args)}\n`);
  }

  /** The text of a sentence, for a question or a part of another. */
  text(name: TextName, args: CodeArgs = {}): string {
    return printable(fillText(texts[name], args));
  }

  /** Text for people that is no sentence of ours: a diff, a file's lines. */
  raw(text: string): void {
    if (!this.json) this.terminal.out(printable(text));
  }

  /** A line in pieces, cut where the terminal ends. Signs stand for what colours say, so that none are needed. */
  styled(...pieces: readonly (readonly [Style, string])[]): void {
    if (this.json) return;
    let left = (this.terminal.columns ?? Infinity) - 1;
    const shown = pieces.map(([style, text]) => {
      const clean = printable(text).replace(/\t/g, '    ');
      // A line break at the beginning takes no room.
      const [, start = '', rest = ''] = /^(\n*)(.*)$/s.exec(clean) ?? [];
      const fits = [...rest].length <= left ? rest : `${[...rest].slice(0, Math.max(0, left - 1)).join('')}…`;
      left -= [...fits].length;
      return start + this.colour(style, fits);
    });
    this.terminal.out(`${shown.join('')}\n`);
  }

  /** Text of ours in a colour, where there are any. */
  colour(style: Style, text: string): string {
    if (this.terminal.colours !== true || colours[style] === '' || text === '') return text;
    return `\u001b[${colours[style]}m${text}\u001b[0m`;
  }

  /** The one document of a command; people get nothing of it. */
  document(value: unknown): void {
    if (this.json) this.terminal.out(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** One line of a stream of JSON. */
  line(value: object): void {
    if (this.json) this.terminal.out(`${JSON.stringify(value)}\n`);
  }

  /** A problem with what to do; on standard error, as JSON when asked for. */
  problem(found: Problem): void {
    if (this.json) return this.terminal.error(`${JSON.stringify({ problem: found })}\n`);
    this.terminal.error(`${printable(sentences(found))}\n`);
  }
}

/** What happened and what to do about it. */
export function sentences(found: Problem): string {
  const { message, fix } = codes[found.code];
  const args = saidArgs(found.args, (code) => fillText(codes[code].message, found.args));
  return `${fillText(message, args)}\n${fillText(fix, args)}`;
}

/** Without control characters: what models and files say must not steer the terminal. */
function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is taken out
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
}
