import type { Json } from '../base';

/** What takes the place of a secret. */
export const redacted = '[redacted]';

/** Names of members whose values are secrets, whatever they look like. */
const secretName =
  /^(.*[-_.])?(api[-_]?key|apikey|access[-_]?key|secret|client[-_]?secret|password|passwd|passphrase|token|auth[-_]?token|access[-_]?token|refresh[-_]?token|authorization|credentials?|private[-_]?key|cookie|set-cookie|session[-_]?id)$/i;

/**
 * What secrets look like in text. Every pattern begins with something fixed and repeats one class at a time, so
 * that no text makes it slow. Where there is a group, it stays and what follows it goes.
 */
const patterns: readonly RegExp[] = [
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]{0,20000}?-----END [A-Z ]{0,40}PRIVATE KEY-----/g,
  /\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}/g,
  /\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}/g,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/g,
  /\bgithub_pat_[A-Za-z0-9_]{20,}/g,
  /\bglpat-[A-Za-z0-9_-]{16,}/g,
  /\bnpm_[A-Za-z0-9]{30,}/g,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bAIza[A-Za-z0-9_-]{30,}/g,
  /\bya29\.[A-Za-z0-9_-]{20,}/g,
  /\bhf_[A-Za-z0-9]{30,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g,
  /(\b(?:Bearer|Basic|Token)\s{1,4})[A-Za-z0-9._~+/=-]{8,}/gi,
  /(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]{1,100}:)[^\s/@]{1,200}(?=@)/gi,
];

/** `NAME=value` and `name: value`, with or without quotes, where the name says that the value is a secret. */
const assigned =
  /(["']?[\w.-]{0,60}(?:api[-_]?key|secret|password|passwd|passphrase|token|access[-_]?key|private[-_]?key|credential)s?["']?[ \t]{0,4}(?:=|:)[ \t]{0,4})("[^"\n]{4,2000}"|'[^'\n]{4,2000}'|[^\s"',;)}\]]{6,2000})/gi;

/** Takes secrets out of text and JSON, and counts them. One scrubber counts for one export. */
export class Scrubber {
  count = 0;

  /** `known` are texts that are secret or private in themselves: keys in use, folders of a person. */
  constructor(private readonly known: readonly string[] = []) {}

  text(text: string): string {
    let clean = text;
    for (const secret of this.known) if (secret.length >= 4) clean = this.replaced(clean, secret);
    for (const pattern of patterns)
      clean = clean.replace(pattern, (_match: string, kept: unknown) => this.instead(kept));
    return clean.replace(assigned, (match: string, kept: string, value: string) =>
      isHarmless(value) ? match : this.instead(kept),
    );
  }

  json(value: Json): Json {
    if (typeof value === 'string') return this.text(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item: Json) => this.json(item));
    return Object.fromEntries(
      Object.entries(value as Readonly<Record<string, Json>>).map(([name, inner]) => [
        this.text(name),
        secretName.test(name) && typeof inner === 'string' && !isHarmless(inner)
          ? this.instead('')
          : this.json(inner),
      ]),
    );
  }

  private replaced(text: string, secret: string): string {
    const parts = text.split(secret);
    this.count += parts.length - 1;
    return parts.join(redacted);
  }

  private instead(kept: unknown): string {
    this.count++;
    return `${typeof kept === 'string' ? kept : ''}${redacted}`;
  }
}

/** What stands after such a name in programs and says nothing: calls, types, names of other values. */
function isHarmless(value: string): boolean {
  const bare = value.replace(/^["']|["']$/g, '');
  return (
    bare.startsWith(redacted) ||
    /^(?:[A-Za-z_$][\w$]*[.([].*|string|number|boolean|undefined|null|none|process\.env.*)$/s.test(bare)
  );
}
