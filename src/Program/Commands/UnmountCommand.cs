using System.CommandLine;
using FuseServer;
using OrthancCloudFs.Program.Control;

namespace OrthancCloudFs.Program.Commands;

/// <summary><c>unmount MOUNTPOINT</c>.</summary>
internal static class UnmountCommand
{
    public static Command Create()
    {
        var mountPoint = new Argument<string>("MOUNTPOINT") { Description = "The directory that is mounted" };
        var command = new Command("unmount", """
            Unmounts, and returns when the mount program has ended.

            Refuses while something below the mount point is in use: stop Orthanc first. Also clears a mount that a crash left behind.
            """) { mountPoint };
        command.SetBody(async (parsed, cancellationToken) =>
        {
            string path = parsed.GetValue(mountPoint)!;
            UnmountAnswer? answer = await ControlClient.AskAsync(
                path, ControlRequest.Unmount, ControlJson.Default.UnmountAnswer, cancellationToken).ConfigureAwait(false);
            if (answer?.Refusal is { } refusal)
                throw new CommandException(ExitCode.Mount, refusal);
            if (answer is null && !FuseSession.TryClearStaleMount(path))
                throw new CommandException(ExitCode.NotFound, $"nothing is mounted at {path} by this user");
            return ExitCode.Success;
        });
        return command;
    }
}
