/**
 * The tags GSD gives a meaning. What stands between them is prose and code, not XML: a tag counts only
 * when it is one of these, at the beginning of a line or closing at its end, outside fences.
 */
export const knownTags: ReadonlySet<string> = new Set([
  ...['objective', 'execution_context', 'context', 'interfaces', 'feature', 'threat_model', 'tasks', 'task'],
  ...['verification', 'success_criteria', 'output', 'name', 'files', 'action', 'verify', 'automated'],
  ...['human-check', 'manual', 'done', 'read_first', 'acceptance_criteria', 'behavior', 'implementation'],
  ...['precondition', 'reversibility', 'what-built', 'how-to-verify', 'resume-signal', 'decision', 'options'],
  ...['option', 'pros', 'cons', 'instructions', 'must_haves', 'trust_boundaries', 'threats'],
  ...['high_severity_blockers', 'domain', 'spec_lock', 'decisions', 'canonical_refs', 'specifics'],
  ...['code_context', 'deferred', 'user_constraints', 'phase_requirements', 'research_summary'],
  ...['standard_stack', 'architecture_patterns', 'dont_hand_roll', 'common_pitfalls', 'code_examples'],
  ...['sota_updates', 'open_questions', 'sources', 'metadata', 'current_state', 'completed_work'],
  ...['remaining_work', 'decisions_made', 'blockers', 'next_action', 'checkpoint', 'n', 'depends'],
  ...['activeForm', 'estimated_lines', 'critical_rules', 'notes', 'constraints', 'artifacts'],
]);

/** Leaves of a line that begins with a known tag or ends with a closing one; undefined for other lines. */
export function tagParts(text: string): ['indent' | 'tag' | 'text', string][] | undefined {
  if (!text.includes('<')) return undefined;
  const indent = text.length - text.trimStart().length;
  const marks: { start: number; end: number; closing: boolean }[] = [];
  const balanced = text.split('`').length % 2 === 1;
  let ticks = 0;
  let counted = 0;
  for (const match of text.matchAll(tagPattern)) {
    for (; counted < match.index; counted++) if (text.charCodeAt(counted) === 96) ticks += 1;
    // A tag in a code span is spoken about, not used; a lone backtick makes no span.
    const inSpan = balanced ? ticks % 2 === 1 : text[match.index - 1] === '`';
    if (!inSpan && knownTags.has(match[2]!)) {
      marks.push({ start: match.index, end: match.index + match[0].length, closing: match[1] === '/' });
    }
  }
  if (marks.length === 0) return undefined;
  const last = marks.at(-1)!;
  const startsWithTag = marks[0]!.start === indent;
  if (!startsWithTag && !(last.closing && text.slice(last.end).trim() === '')) return undefined;
  const parts: ['indent' | 'tag' | 'text', string][] = [['indent', text.slice(0, indent)]];
  let at = indent;
  for (const mark of marks) {
    parts.push(['text', text.slice(at, mark.start)], ['tag', text.slice(mark.start, mark.end)]);
    at = mark.end;
  }
  parts.push(['text', text.slice(at)]);
  return parts;
}

const tagPattern = /<(\/?)([A-Za-z][A-Za-z0-9_-]{0,40})(?:\s[^<>]{0,400})?\s?\/?>/g;
