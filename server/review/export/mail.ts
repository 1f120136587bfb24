/** One commit as a mail for `git am`. */
export interface Mail {
  readonly commit: string;
  readonly number: number;
  readonly of: number;
  /** Dates the mail; milliseconds since the epoch. */
  readonly atMs: number;
  /** First line, an empty one, and the rest. */
  readonly message: string;
  readonly patch: string;
}

/**
 * The mail. Its bytes are ASCII: what is not, and line ends that mail programs would change, are quoted, so that
 * `git am` gets the very bytes. (`git am` says “quoted CRLF detected” for files with such line ends; they are kept.)
 */
export function mailText({ commit, number, of, atMs, message, patch }: Mail): string {
  const [subject = '', , ...body] = message.split('\n');
  const count = of === 1 ? '[PATCH]' : `[PATCH ${number}/${of}]`;
  const text = `${body.map(harmless).join('\n').trimEnd()}\n---\n\n${patch}-- \nSymphony\n`;

  const quote = /[^\n\t\x20-\x7e]|[^\n]{900}/.test(text);
  const headers = [
    `From ${commit} Mon Sep 17 00:00:00 2001`,
    'From: Symphony <symphony@localhost>',
    `Date: ${new Date(atMs).toUTCString().replace('GMT', '+0000')}`,
    `Subject: ${word(`${count} ${subject}`)}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=UTF-8',
    `Content-Transfer-Encoding: ${quote ? 'quoted-printable' : '7bit'}`,
  ];
  return `${headers.join('\n')}\n\n${quote ? quotedPrintable(text) : text}\n`;
}

/** A line of a message that `git am` would take for the beginning of a patch, or for a header. */
const harmless = (line: string): string =>
  /^(?:---|diff -|Index: |>?From |From:|Date:|Subject:)/i.test(line) ? ` ${line}` : line;

/** A header's text: words of UTF-8 are encoded, each short enough for a line of mail. */
function word(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const words: string[] = [];
  let now = '';
  for (const char of text) {
    const piece = /[A-Za-z0-9]/.test(char) ? char : hexed(Buffer.from(char));
    if (now.length + piece.length > 60) {
      words.push(now);
      now = '';
    }
    now += piece;
  }
  return [...words, now].map((one) => `=?UTF-8?q?${one}?=`).join('\n ');
}

/** Quoted-printable: lines of at most 76 characters, line feeds as they are, everything else that is not plain by its hex. */
function quotedPrintable(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const out: string[] = [];
      let now = '';
      const bytes = Buffer.from(line);
      for (const [i, byte] of bytes.entries()) {
        const atEnd = i === bytes.length - 1;
        const plain =
          (byte > 0x20 && byte < 0x7f && byte !== 0x3d) || ((byte === 0x20 || byte === 0x09) && !atEnd);
        // A line that begins like the first of a mail would be taken for one.
        const piece =
          plain && !(i === 0 && line.startsWith('From '))
            ? String.fromCharCode(byte)
            : hexed(Buffer.of(byte));
        if (now.length + piece.length > 75) {
          out.push(`${now}=`);
          now = '';
        }
        now += piece;
      }
      return [...out, now].join('\n');
    })
    .join('\n');
}

const hexed = (bytes: Buffer): string =>
  [...bytes].map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
