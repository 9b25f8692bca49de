/** The version that log watchers and scripts know: the original's. */
export const originalVersion = "v1.186-ha";

const synopsis = `ldirectord [-d|--debug] [--] [configfile] start | stop | restart |
    try-restart | reload | force-reload | status

    ldirectord [-h|-?|--help|-v|--version]`;

const options = `    -d|--debug     stay in the foreground and write all log output to standard error
    -h|-?|--help   print the manual and exit
    -v|--version   print the version and exit`;

export const usage = `Usage:
    ${synopsis}

Options:
${options}
`;

/** The first line is parsed by others. @param version of ldirectord-ng */
export const banner = (version: string): string => `Linux Director ${originalVersion}
ldirectord-ng ${version}

MIT licence: use, change and pass on as you like. No warranty of any kind.
`;
