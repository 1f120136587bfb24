import * as z from 'zod/mini';
import { notification, request } from '../define';
import { recordedEvent } from '../journal/events';
import { intBetween, intFrom } from './common';

export const eventsSince = request({
  method: 'events/since',
  direction: 'client→sidecar',
  doc: 'Events after a journal position, oldest first; ask again while `more`.',
  params: z.object({ position: intFrom(0), limit: intBetween(1, 1000) }),
  result: z.object({ events: z.array(recordedEvent), more: z.boolean() }),
  errors: [],
  runs: 'read',
});

export const eventsAppended = notification({
  method: 'events/appended',
  direction: 'sidecar→client',
  doc: 'New durable events, in order and without gaps within one connection.',
  params: z.object({ events: z.array(recordedEvent) }),
});
