// The entry of the policy pack: plain JavaScript, for the runner would have a TypeScript entry compiled.
import "./index.ts";
