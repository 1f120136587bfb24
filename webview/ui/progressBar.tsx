export interface ProgressBarProps {
  readonly done: number;
  readonly total: number;
  readonly label: string;
  /** What a screen reader says in place of a percentage. */
  readonly text: string;
}

/** A bar of known length; the toolkit has none. */
export function ProgressBar({ done, total, label, text }: ProgressBarProps) {
  const share = total === 0 ? 0 : done / total;
  return (
    <div
      class="progress-bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={done}
      aria-valuetext={text}
    >
      <div class="progress-bar-fill" style={{ inlineSize: `${(share * 100).toFixed(2)}%` }} />
    </div>
  );
}
