/** The queries of the dashboards as files hold them, with Grafana's variables replaced as Grafana would. */

export interface PanelQuery {
  readonly dashboard: string;
  readonly panel: string;
  readonly expr: string;
  readonly isInstant: boolean;
  readonly hasExemplars: boolean;
}

interface Target {
  readonly expr: string;
  readonly instant?: boolean;
  readonly exemplar?: boolean;
}

interface DashboardFile {
  readonly uid: string;
  readonly title: string;
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr?: string }[] };
  readonly panels: readonly GrafanaPanel[];
}

export interface GrafanaPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly links?: readonly { readonly title: string; readonly url: string }[];
  readonly targets?: readonly Target[];
}

export function parseDashboard(text: string): DashboardFile {
  return JSON.parse(text) as DashboardFile;
}

/** What each panel asks, rows left out. */
export function panelQueries(dashboard: DashboardFile): readonly PanelQuery[] {
  return dashboard.panels.flatMap((panel) =>
    (panel.targets ?? []).map(({ expr, instant, exemplar }) => ({
      dashboard: dashboard.uid,
      panel: panel.title,
      expr,
      isInstant: instant === true,
      hasExemplars: exemplar === true,
    })),
  );
}

/** `label_values(selector, label)` of each variable that has a query. */
export function variableQueries(
  dashboard: DashboardFile,
): readonly { readonly name: string; readonly selector: string; readonly label: string }[] {
  return dashboard.templating.list.flatMap(({ name, query }) => {
    if (typeof query !== "object" || query === null) return [];
    const text = String((query as { readonly query: unknown }).query);
    const found = /^label_values\((.+), (\w+)\)$/.exec(text);
    if (found === null) throw new Error(`variable ${name} of ${dashboard.uid} asks for ${text}`);
    return [{ name, selector: found[1]!, label: found[2]! }];
  });
}

/** Choices of the variables; whatever is not chosen is all. */
export function replaceVariables(expr: string, rateInterval: string, chosen: Readonly<Record<string, string>> = {}): string {
  const replaced = expr
    .replaceAll("$__rate_interval", rateInterval)
    .replaceAll(/=~"\$(\w+)"/g, (_, name: string) => `=~"${chosen[name] ?? ".*"}"`);
  if (replaced.includes("$")) throw new Error(`a variable is left in ${replaced}`);
  return replaced;
}
