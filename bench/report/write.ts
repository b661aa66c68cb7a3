export function writeReports(): void {}
