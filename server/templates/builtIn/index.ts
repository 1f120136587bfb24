import type { Template } from '../../../schemas/template';

/** The templates that come with the product. */
export const builtInTemplates: readonly Template[] = [];
