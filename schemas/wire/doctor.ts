import * as z from 'zod/mini';
import { request } from '../define';
import { empty } from './common';

export const doctorFinding = z.object({
  check: z.string(),
  state: z.enum(['good', 'warning', 'bad']),
  /** What was found, and for a fault what to do. */
  detail: z.string(),
});

export const doctorCheck = request({
  method: 'doctor/check',
  direction: 'client→sidecar',
  doc: 'Checks the installation: Node, SQLite, git, isolation, data folder, journal, models.',
  params: empty,
  result: z.object({ findings: z.array(doctorFinding) }),
  errors: [],
  runs: 'read',
});

export const doctorExport = request({
  method: 'doctor/export',
  direction: 'client→sidecar',
  doc: 'Writes a report for support with secrets, contents and home paths left out; answers its path.',
  params: empty,
  result: z.object({ path: z.string() }),
  errors: ['data.diskFull', 'data.readOnly'],
  runs: 'write',
});
