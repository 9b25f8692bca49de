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

export const manual = `NAME
    ldirectord - watch the real servers of a Linux Virtual Server, and keep
    the kernel's IPVS table right

SYNOPSIS
    ${synopsis}

OPTIONS
${options}
    --             no options follow

    Options stand before the configuration file. A single argument is the
    command; the configuration then is ldirectord.cf.

CONFIGURATION FILE
    NAME is looked for as /etc/ha.d/NAME, /etc/ha.d/conf/NAME, and as given.
    Each name is an instance of its own with its own daemon, and so is "no
    name", even when it means the same file.

COMMANDS
    start          start the daemon; returns when it runs. Does nothing when
                   it already does.
    stop           stop the daemon; returns when it is gone and has taken its
                   services out of the table (cleanstop), at most 30 seconds
                   later.
    restart        stop, then start.
    try-restart    restart when the daemon runs, else do nothing.
    reload, force-reload
                   have the running daemon read its configuration again. A
                   file with a mistake changes nothing: the log tells it.
    status         tell whether the daemon runs.

EXIT STATUS
    0    done; for status: it runs
    1    it could not be done; for status: a stale pid file; for reload: it
         does not run
    2    a mistake in the configuration
    3    status: it does not run
    255  wrong usage

SIGNALS
    TERM, INT, QUIT  stop
    HUP              reload

FILES
    /etc/ha.d/ldirectord.cf       the configuration; its directives are in
                                  ldirectord.cf.sample
    ldirectord-ng.ini             beside it: settings the original does not
                                  have; may be missing
    /var/log/ldirectord.log       the log, unless logfile= says otherwise
    /var/run/ldirectord.NAME.pid  the pid file of an instance

SEE ALSO
    ipvsadm(8)
`;

/** The first line is parsed by others. @param version of ldirectord-ng */
export const banner = (version: string): string => `Linux Director ${originalVersion}
ldirectord-ng ${version}

MIT licence: use, change and pass on as you like. No warranty of any kind.
`;
