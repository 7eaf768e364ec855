import type { Fault } from "../fault.ts";

export const routerKilled: Fault = {
  name: "router-killed",
  title: "the router's process is killed",
  alert: "ServiceDown",
  stopsRouter: true,
  inject: async ({ router }) => {
    router().signal("SIGKILL");
    await router().exited;
  },
  mend: ({ restartRouter }) => restartRouter(),
};
