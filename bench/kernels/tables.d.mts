import type { KernelsReport } from "./report.mjs";

export function formatTime(nanos: number): string;
export function formatRatio(ratio: number): string;
export function formatText(report: KernelsReport): string;
export function formatMarkdown(report: KernelsReport): string;
