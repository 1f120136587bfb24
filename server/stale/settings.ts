import * as z from 'zod';
import { retentionSettings, type RetentionSettings } from '../../schemas/wire/stale';
import { readRecord, writeRecord } from '../storage';

/**
 * What holds where nobody has said otherwise: runs are archived after ninety days, what no run needs is deleted
 * after thirty, and nothing happens without a person.
 */
export const defaultSettings: RetentionSettings = {
  policies: [
    {
      name: 'old runs',
      enabled: true,
      priority: 0,
      of: 'runs',
      ask: 'archive',
      rules: [{ rule: 'maxAge', days: 90 }, { rule: 'preserveTrainingData' }],
    },
    {
      name: 'unneeded contents',
      enabled: true,
      priority: 0,
      of: 'contents',
      ask: 'delete',
      rules: [
        { rule: 'maxAge', days: 30 },
        { rule: 'keepTagged', tags: ['keep'] },
      ],
    },
  ],
  weights: { recency: 30, frequency: 20, quality: 20, training: 20, uniqueness: 10 },
  highValue: 70,
  restHours: 24,
  undoDays: 7,
  mostPercent: 50,
  offPeak: { enabled: true, from: '02:00', to: '05:00', apply: false },
};

const kind = {
  versionKey: 'version',
  version: 1,
  schema: z.object({ version: z.literal(1), settings: retentionSettings }),
} as const;

/** The settings file, read anew each time so that a person's edit counts at once. Throws `data.*`. */
export async function readSettings(file: string): Promise<RetentionSettings> {
  return (await readRecord(file, kind))?.settings ?? defaultSettings;
}

/** Replaces the settings durably; throws a zod error for what is not valid. */
export async function writeSettings(file: string, settings: RetentionSettings): Promise<void> {
  await writeRecord(file, { version: 1, settings: retentionSettings.parse(settings) });
}
