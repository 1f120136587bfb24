import { pack } from '../../server/bus/payload';

export interface Sample {
  id: number;
  readonly kind: string;
  readonly run: string;
  readonly node: string;
  readonly attempt: number;
  readonly at: number;
  readonly tags: readonly string[];
  readonly share: number;
  readonly text: string;
}

const without = {
  id: 0,
  kind: 'progress',
  run: 'run-01k9q2t7r4m8',
  node: 'implement-the-parser',
  attempt: 1,
  at: 1_763_600_000_000,
  tags: ['agent', 'tool', 'edit'],
  share: 0.625,
  text: '',
};
/** What a run tells of its progress, 256 bytes as MessagePack. */
const whole: Sample = { ...without, text: 'x'.repeat(256 - pack(without).length - 1) };
if (pack(whole).length !== 256) throw new Error(`the sample has ${pack(whole).length} bytes`);

export const sample = (id: number): Sample => ({ ...whole, id: id & 0x7f });
/** The same as bytes alone, for who sends no objects. */
export const sampleBytes = Buffer.from(pack(whole));
