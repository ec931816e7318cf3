# shellcheck shell=bash
# What is known against the packages that the service is made of.

# check_advisories: nothing may be known. Not every registry answers the question: then the run goes on, and says so.
check_advisories() {
  local report="$TMP/advisories.json"
  npm audit --omit=dev --json >"$report" 2>/dev/null || true
  if grep -q '"auditReportVersion"' "$report"; then
    check 'npm audit --omit=dev' 'npm audit --omit=dev tells more; take a version without it' no_advisories "$report"
  else
    say 'npm audit --omit=dev: the registry gives no answer, so nothing is known either way'
  fi
}

# no_advisories REPORT
no_advisories() {
  node -e '
    const { vulnerabilities, metadata } = JSON.parse(require("node:fs").readFileSync(process.argv[1]));
    for (const { name, severity, range } of Object.values(vulnerabilities)) console.log(severity, name, range);
    process.exit(metadata.vulnerabilities.total === 0 ? 0 : 1);' "$1"
}
