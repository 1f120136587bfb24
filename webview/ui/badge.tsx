/** A small count beside a heading. Not the toolkit's: that one sets a style attribute, which the policy forbids. */
export function Badge({ count }: { count: number }) {
  return <span class="badge">{count}</span>;
}
