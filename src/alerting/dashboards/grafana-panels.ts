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
} from "./dashboard.ts";
import { runbookUrl } from "./runbook-url.ts";

/** Whatever data source is chosen at the top of the dashboard. */
export const chosenDatasource: DataSourceRef = { type: "prometheus", uid: "${datasource}" };

const statHeight = 4;
const panelHeight = 8;

/** A panel's builder. `id` is unique in its dashboard. */
export function toGrafanaPanel(panel: Panel, id: number): Builder<GrafanaPanel> {
  switch (panel.kind) {
    case "time-series":
      return toTimeSeries(panel, id);
    case "stat":
      return toStat(panel, id);
    case "table":
      return toTable(panel, id);
    case "heatmap":
      return toHeatmap(panel, id);
    case "bars":
      return toBars(panel, id);
    case "states":
      return toStates(panel, id);
  }
}

type AnyBuilder = TimeSeriesBuilder | StatBuilder | TableBuilder | HeatmapBuilder | BarsBuilder | StatesBuilder;

/** What all kinds have. */
function begin<PanelBuilder extends AnyBuilder>(
  builder: PanelBuilder,
  panel: Panel,
  id: number,
  height: number,
): PanelBuilder {
  builder.id(id).title(panel.title).description(panel.description).datasource(chosenDatasource);
  builder.unit(panel.unit).span(panel.width).height(height);
  if (panel.min !== undefined) builder.min(panel.min);
  if (panel.max !== undefined) builder.max(panel.max);
  if (panel.decimals !== undefined) builder.decimals(panel.decimals);
  if (panel.whenEmpty !== undefined) builder.noValue(panel.whenEmpty);
  if (panel.thresholds !== undefined) builder.thresholds(toThresholds(panel.thresholds));
  if (panel.alerts !== undefined) builder.links(panel.alerts.map(toRunbookLink));
  return builder;
}

function toThresholds(thresholds: readonly Threshold[]): ThresholdsConfigBuilder {
  const steps = thresholds.map(({ from, color }) => ({ value: from, color }));
  // The first step holds for everything below the next, and must have no value.
  const first = steps[0]?.value === 0 ? steps.shift()?.color : undefined;
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ value: null, color: first ?? "green" }, ...steps]);
}

function toRunbookLink(alert: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(`Runbook: ${alert}`).url(runbookUrl(alert)).targetBlank(true);
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

function toTimeSeries(panel: TimeSeriesPanel, id: number): TimeSeriesBuilder {
  const { isStacked = false, hasExemplars = false, thresholds } = panel;
  const builder = begin(new TimeSeriesBuilder(), panel, id, panelHeight)
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

function toStat(panel: StatPanel, id: number): StatBuilder {
  return begin(new StatBuilder(), panel, id, statHeight)
    .targets(toTargets(panel.queries, (query) => query.instant()))
    .graphMode(BigValueGraphMode.None)
    .colorMode(panel.thresholds === undefined ? BigValueColorMode.None : BigValueColorMode.Value)
    .textMode(BigValueTextMode.Auto)
    .reduceOptions(lastValue());
}

function toTable(panel: TablePanel, id: number): TableBuilder {
  const shown = Object.keys(panel.columns);
  const builder = begin(new TableBuilder(), panel, id, panelHeight)
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

function toHeatmap(panel: HeatmapPanel, id: number): HeatmapBuilder {
  return begin(new HeatmapBuilder(), panel, id, panelHeight)
    .targets(toTargets(panel.queries, (query) => query.range().format(PromQueryFormat.Heatmap)))
    .calculate(false)
    .yAxis(new YAxisConfigBuilder().unit(panel.unit));
}

function toBars(panel: BarsPanel, id: number): BarsBuilder {
  return begin(new BarsBuilder(), panel, id, panelHeight)
    .targets(toTargets(panel.queries, (query) => query.instant()))
    .displayMode(BarGaugeDisplayMode.Basic)
    .orientation(VizOrientation.Horizontal)
    .reduceOptions(lastValue());
}

function toStates(panel: StatesPanel, id: number): StatesBuilder {
  const options = Object.fromEntries(
    Object.entries(panel.states).map(([value, { word, color }], index) => [value, { text: word, color, index }]),
  );
  const mapping: ValueMapping = { type: MappingType.ValueToText, options };
  return begin(new StatesBuilder(), panel, id, panelHeight)
    .targets(toTargets(panel.queries, (query) => query.range()))
    .mappings([mapping])
    .mergeValues(true)
    .showValue(VisibilityMode.Auto)
    .legend(toLegend());
}
