import type { ClientRequests, Overall, ParamsOf } from '../schemas';
import { Emitter } from './base';
import type { RunSettings } from './runs';

type Settings = ParamsOf<ClientRequests['settingsProvide']>;

/** Limits per plan until a client says otherwise. */
const initial: Settings = {
  model: '',
  providers: [],
  limits: { turns: 60, tokens: 2_000_000, usd: 5, minutes: 60, parallel: 3 },
};

/** What clients hand over and only memory holds: keys, and the user's settings. A new sidecar is told again. */
export class SidecarState {
  private settings: Settings = initial;
  private overall: Overall = {};
  private readonly secrets = new Map<string, string>();

  get keys(): ReadonlyMap<string, string> {
    return this.secrets;
  }

  get providers(): Settings['providers'] {
    return this.settings.providers;
  }

  get model(): string | null {
    return this.settings.model === '' ? null : this.settings.model;
  }

  /** Whether a client has handed over keys in this life of the sidecar. */
  told = false;
  private readonly tell = new Emitter<void>();

  /** Resolves when a client has handed over keys; rejects when aborted. */
  whenTold(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.told) return resolve();
      const heard = this.tell.event(() => {
        heard.dispose();
        signal.removeEventListener('abort', aborted);
        resolve();
      });
      const aborted = () => {
        heard.dispose();
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', aborted, { once: true });
    });
  }

  provideSettings(settings: Settings): void {
    this.settings = settings;
    this.adjust(settings.overall ?? {});
  }

  /** Members that are left out stay as they were. */
  adjust(changed: Overall): void {
    this.overall = { ...this.overall, ...changed };
  }

  /** An empty key forgets the provider's. */
  provideKeys({ keys }: ParamsOf<ClientRequests['secretsProvide']>): void {
    for (const { provider, key } of keys) {
      if (key === '') this.secrets.delete(provider);
      else this.secrets.set(provider, key);
    }
    this.told = true;
    this.tell.fire();
  }

  /** What all runs together may use of models in a day. */
  dayBudget(): { readonly tokens?: number; readonly usd?: number } {
    const { tokensPerDay = 0, usdPerDay = 0 } = this.overall;
    return {
      ...(tokensPerDay === 0 ? {} : { tokens: tokensPerDay }),
      ...(usdPerDay === 0 ? {} : { usd: usdPerDay }),
    };
  }

  /** Where metrics and traces are sent. */
  exportTarget(): { readonly url: string } | undefined {
    const { openTelemetry = '' } = this.overall;
    return openTelemetry === '' ? undefined : { url: openTelemetry };
  }

  runSettings(): RunSettings {
    const { parallel, turns, tokens, usd, minutes } = this.settings.limits;
    return { model: this.model, limits: { turns, tokens, usd, minutes }, parallel };
  }
}
