import { closingMutants } from './closing.js';
import { companyMutants } from './company.js';
import { doorMutants } from './door.js';
import { pauseMutants } from './pause.js';
import { pressureMutants } from './pressure.js';
import { receivingMutants } from './receiving.js';
import { sendingMutants } from './sending.js';
import type { Mutant } from './kit.js';

/** Every fault that the suite must find. */
export const mutants: readonly Mutant[] = [
  ...doorMutants,
  ...receivingMutants,
  ...sendingMutants,
  ...closingMutants,
  ...pressureMutants,
  ...pauseMutants,
  ...companyMutants,
];
