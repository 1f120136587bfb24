import type { Template } from '../../../schemas/template';
import { apiDocs } from './apiDocs';
import { bugFix } from './bugFix';
import { codeGeneration } from './codeGeneration';
import { dependencyUpdate } from './dependencyUpdate';
import { documentation } from './documentation';
import { fullStack } from './fullStack';
import { gsdPhase } from './gsdPhase';
import { performance } from './performance';
import { refactoring } from './refactoring';
import { review } from './review';
import { securityHardening } from './securityHardening';
import { testPipeline } from './testPipeline';

/** The templates that come with the product. */
export const builtInTemplates: readonly Template[] = [
  apiDocs,
  gsdPhase,
  bugFix,
  securityHardening,
  fullStack,
  performance,
  refactoring,
  review,
  testPipeline,
  dependencyUpdate,
  codeGeneration,
  documentation,
];
