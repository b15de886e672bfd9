using System.CommandLine;
using OrthancCloudFs.Program;
using OrthancCloudFs.Program.Commands;
using OrthancCloudFs.Program.Native;

ProcessProtection.Begin();
var root = new RootCommand("""
    Presents a cloud bucket as Orthanc's storage directory, every file encrypted on this machine.

    Typical use:
      orthanc-cloudfs keygen /etc/orthanc/master.key       make a master key, once
      orthanc-cloudfs check --config /etc/orthanc          try configuration, keys and bucket
      orthanc-cloudfs mount --config /etc/orthanc          mount over Orthanc's StorageDirectory, then start Orthanc
      orthanc-cloudfs status /var/lib/orthanc/db-v6        see what it does
      orthanc-cloudfs unmount /var/lib/orthanc/db-v6       after Orthanc was stopped
    """)
{
    MountCommand.Create(),
    UnmountCommand.Create(),
    CheckCommand.Create(),
    KeygenCommand.Create(),
    ListCommand.Create(),
    CatCommand.Create(),
    StatusCommand.Create(),
};

// The mount handles SIGTERM and SIGINT itself: it must commit what is open before it ends.
ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (System.CommandLine.Parsing.ParseError error in parsed.Errors)
        await Console.Error.WriteLineAsync($"orthanc-cloudfs: {error.Message}").ConfigureAwait(false);
    await Console.Error.WriteLineAsync("Try: orthanc-cloudfs --help").ConfigureAwait(false);
    return ExitCode.Usage;
}

return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false })
    .ConfigureAwait(false);
