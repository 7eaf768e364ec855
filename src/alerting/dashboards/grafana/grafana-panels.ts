/**
 * Declared panels as Grafana's, through its own builders: they know today's schema.
 *
 * Where a builder's default would surprise a reader (no legend, no id, a stat without a reduction), it is said here.
 */
import { PanelBuilder as BarsBuilder } from "@grafana/grafana-foundation-sdk/bargauge";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TableCellDisplayMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";
import {
  DashboardLinkBuilder,
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { Panel as GrafanaPanel, ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as HeatmapBuilder, YAxisConfigBuilder } from "@grafana/grafana-foundation-sdk/heatmap";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as StatesBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeSeriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type {
  BarsPanel,
  HeatmapPanel,
  Panel,
  Query,
  StatesPanel,
  StatPanel,
  TablePanel,
  Threshold,
  TimeSeriesPanel,
} from "../dashboard.ts";
import type { AlertingConfig } from "../../../config/schema.ts";
import { runbookUrl } from "../../all-alerts.ts";

/** Whatever data source is chosen at the top of the dashboard. */
export const chosenDatasource: DataSourceRef = { type: "prometheus", uid: "${datasource}" };

const statHeight = 4;
const panelHeight = 8;

/** What panels take from the settings of the alerts: where each begins, and where its runbook is. */
export type PanelSettings = Pick<AlertingConfig, "thresholds" | "runbookUrl">;

/** A panel's builder. `id` is unique in its dashboard. */
export function toGrafanaPanel(panel: Panel, id: number, settings: PanelSettings): Builder<GrafanaPanel> {
  const builder = toKind(panel);
  builder.id(id).title(panel.title).description(panel.description).datasource(chosenDatasource);
  builder
    .unit(panel.unit)
    .span(panel.width)
    .height(panel.kind === "stat" ? statHeight : panelHeight);
  if (panel.min !== undefined) builder.min(panel.min);
  if (panel.max !== undefined) builder.max(panel.max);
  if (panel.decimals !== undefined) builder.decimals(panel.decimals);
  if (panel.whenEmpty !== undefined) builder.noValue(panel.whenEmpty);
  if (panel.thresholds !== undefined) builder.thresholds(toThresholds(panel.thresholds, settings));
  if (panel.alerts !== undefined) {
    builder.links(panel.alerts.map((alert) => toRunbookLink(alert, settings)));
  }
  return builder;
}

function toKind(panel: Panel): AnyBuilder {
  switch (panel.kind) {
    case "time-series":
      return toTimeSeries(panel);
    case "stat":
      return toStat(panel);
    case "table":
      return toTable(panel);
    case "heatmap":
      return toHeatmap(panel);
    case "bars":
      return toBars(panel);
    case "states":
      return toStates(panel);
  }
}

type AnyBuilder = TimeSeriesBuilder | StatBuilder | TableBuilder | HeatmapBuilder | BarsBuilder | StatesBuilder;

function toThresholds(
  thresholds: readonly Threshold[],
  { thresholds: limits }: PanelSettings,
): ThresholdsConfigBuilder {
  const steps = thresholds.map(({ from, color }) => ({ value: typeof from === "number" ? from : limits[from], color }));
  // The first step holds for everything below the next, and must have no value.
  const first = steps[0]?.value === 0 ? steps.shift()?.color : undefined;
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ value: null, color: first ?? "green" }, ...steps]);
}

function toRunbookLink(alert: string, settings: PanelSettings): DashboardLinkBuilder {
  return new DashboardLinkBuilder(`Runbook: ${alert}`).url(runbookUrl(settings.runbookUrl, alert)).targetBlank(true);
}

function toTargets(
  queries: readonly Query[],
  change: (query: DataqueryBuilder) => DataqueryBuilder,
): DataqueryBuilder[] {
  return queries.map(({ expr, legend }, index) =>
    change(
      new DataqueryBuilder()
        .refId(String.fromCharCode("A".charCodeAt(0) + index))
        .datasource(chosenDatasource)
        .expr(expr)
        .legendFormat(legend),
    ),
  );
}

function toTimeSeries(panel: TimeSeriesPanel): TimeSeriesBuilder {
  const { isStacked = false, hasExemplars = false, thresholds } = panel;
  const builder = new TimeSeriesBuilder()
    .targets(toTargets(panel.queries, (query) => (hasExemplars ? query.range().exemplar(true) : query.range())))
    .lineWidth(1)
    .fillOpacity(isStacked ? 30 : 8)
    .showPoints(VisibilityMode.Never)
    .legend(toLegend())
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  if (panel.min === undefined) builder.axisSoftMin(0);
  if (isStacked) builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
  if (thresholds !== undefined) {
    builder.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  }
  return builder;
}

function toLegend(): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom);
}

function lastValue(): ReduceDataOptionsBuilder {
  return new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false);
}

function toStat(panel: StatPanel): StatBuilder {
  return new StatBuilder()
    .targets(toTargets(panel.queries, (query) => query.instant()))
    .graphMode(BigValueGraphMode.None)
    .colorMode(panel.thresholds === undefined ? BigValueColorMode.None : BigValueColorMode.Value)
    .textMode(BigValueTextMode.Auto)
    .reduceOptions(lastValue());
}

function toTable(panel: TablePanel): TableBuilder {
  const shown = Object.keys(panel.columns);
  const builder = new TableBuilder()
    .targets(toTargets(panel.queries, (query) => query.instant().format(PromQueryFormat.Table)))
    .withTransformation({
      id: "filterFieldsByName",
      options: { include: { names: [...shown, "Value"] } },
    })
    .withTransformation({
      id: "organize",
      options: {
        indexByName: Object.fromEntries([...shown, "Value"].map((name, index) => [name, index])),
        renameByName: { ...panel.columns, Value: panel.valueName },
      },
    });
  if (panel.thresholds !== undefined) {
    builder.overrideByName(panel.valueName, [
      { id: "custom.cellOptions", value: { type: TableCellDisplayMode.ColorText } },
    ]);
  }
  return builder;
}

function toHeatmap(panel: HeatmapPanel): HeatmapBuilder {
  return new HeatmapBuilder()
    .targets(toTargets(panel.queries, (query) => query.range().format(PromQueryFormat.Heatmap)))
    .calculate(false)
    .yAxis(new YAxisConfigBuilder().unit(panel.unit));
}

function toBars(panel: BarsPanel): BarsBuilder {
  return new BarsBuilder()
    .targets(toTargets(panel.queries, (query) => query.instant()))
    .displayMode(BarGaugeDisplayMode.Basic)
    .orientation(VizOrientation.Horizontal)
    .reduceOptions(lastValue());
}

function toStates(panel: StatesPanel): StatesBuilder {
  const options = Object.fromEntries(
    Object.entries(panel.states).map(([value, { word, color }], index) => [value, { text: word, color, index }]),
  );
  const mapping: ValueMapping = { type: MappingType.ValueToText, options };
  return new StatesBuilder()
    .targets(toTargets(panel.queries, (query) => query.range()))
    .mappings([mapping])
    .mergeValues(true)
    .showValue(VisibilityMode.Auto)
    .legend(toLegend());
}
