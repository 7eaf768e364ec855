import type { Fault } from "../fault.ts";

export const configurationRefused: Fault = {
  name: "configuration-refused",
  title: "somebody writes a configuration with a mistake",
  alert: "ConfigReloadFailed",
  inject: ({ router, configuration }) => router().writeConfiguration({ ...configuration, nonsense: true }),
  mend: ({ router, configuration }) => router().writeConfiguration(configuration),
};
