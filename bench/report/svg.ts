/** Report: the frame of all plots: an SVG that reads well on light and dark pages. Pure. */

/** Of every plot: how wide it is, and where it begins below the heading. */
export const WIDTH = 760;
export const TOP = 60;

/** From a value to a position. */
export type Scale = (value: number) => number;

export type Frame = {
  readonly height: number;
  /** What a screen reader says. */
  readonly label: string;
  readonly heading: string;
  /** The line below the heading. */
  readonly note: string;
  /** Rules beside those below, each ending in a line break. */
  readonly styles?: { readonly light: string; readonly dark: string };
};

/** @param body the elements, in the classes below and those of the frame */
export function svgFile(frame: Frame, body: readonly string[]): string {
  const head = [
    `<text class="heading" x="0" y="18">${frame.heading}</text>`,
    `<text class="note" x="0" y="36">${frame.note}</text>`,
  ];
  return [opening(frame), ...head, ...body, "</svg>", ""].join("\n");
}

function opening({ height, label, styles = { light: "", dark: "" } }: Frame): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${label}">
<style>
text { font: 12px system-ui, sans-serif; fill: #475569; }
.heading { font-size: 16px; font-weight: 600; fill: #0f172a; }
.title { font-weight: 600; fill: #0f172a; }
.own { font-weight: 600; fill: #1d4ed8; }
.note { font-size: 11px; fill: #64748b; }
.bar { fill: #b6c2d2; }
.accent { fill: #2563eb; }
.range { stroke: #0f172a; stroke-opacity: 0.55; }
.control { stroke: #64748b; stroke-dasharray: 4 3; }
.target { stroke: #dc2626; stroke-width: 2; }
${styles.light}@media (prefers-color-scheme: dark) {
text { fill: #a8b3c4; }
.heading, .title { fill: #f1f5f9; }
.own { fill: #93c5fd; }
.note { fill: #94a3b8; }
.bar { fill: #475569; }
.accent { fill: #3b82f6; }
.range { stroke: #f1f5f9; }
.control { stroke: #94a3b8; }
.target { stroke: #f87171; }
${styles.dark}}
</style>`;
}
