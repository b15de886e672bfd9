using System.CommandLine;
using System.Runtime.Versioning;
using OrthancCloudFs.Campaigns.Crash;
using OrthancCloudFs.Campaigns.Outage;

[assembly: SupportedOSPlatform("linux")]

var root = new RootCommand("Tries for a long time to make the mount lose something; exits with 1 when it did.")
{
    CrashCommand.Create(), OutageCommand.Create(),
};

// On SIGTERM and SIGINT the round under way ends first, and servers, folders and mounts are cleared away.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(60) });
