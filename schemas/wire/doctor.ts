import * as z from 'zod/mini';
import { request } from '../define';
import { problemSchema } from '../journal/events';
import { empty } from './common';

export const doctorCheck = request({
  method: 'doctor/check',
  direction: 'client→sidecar',
  doc: 'Checks the installation: Node, SQLite, git, isolation, data folder, journal, models. A finding is good when its code is an info.',
  params: empty,
  result: z.object({ findings: z.array(problemSchema) }),
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
