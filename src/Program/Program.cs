using System.CommandLine;
using OrthancCloudFs.Program;
using OrthancCloudFs.Program.Commands;
using OrthancCloudFs.Program.Native;

ProcessProtection.Begin();
(string key, string configuration, string mountPoint) = OperatingSystem.IsWindows()
    ? (@"C:\Orthanc\master.key", @"C:\Orthanc\Configuration", @"C:\Orthanc\Storage")
    : ("/etc/orthanc/master.key", "/etc/orthanc", "/var/lib/orthanc/db-v6");
var root = new RootCommand($"""
    Presents a cloud bucket as Orthanc's storage directory, every file encrypted on this machine.

    Typical use:
      orthanc-cloudfs {$"keygen {key}",-36} make a master key, once
      orthanc-cloudfs {$"check --config {configuration}",-36} try configuration, keys and bucket
      orthanc-cloudfs {$"mount --config {configuration}",-36} mount over Orthanc's StorageDirectory, then start Orthanc
      orthanc-cloudfs {$"status {mountPoint}",-36} see what it does
      orthanc-cloudfs {$"unmount {mountPoint}",-36} after Orthanc was stopped
    """)
{
    MountCommand.Create(),
    UnmountCommand.Create(),
    CheckCommand.Create(),
    KeygenCommand.Create(),
    ListCommand.Create(),
    CatCommand.Create(),
    StatusCommand.Create(),
    ServiceCommand.Create(),
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
