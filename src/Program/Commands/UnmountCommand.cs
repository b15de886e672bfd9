using System.CommandLine;
using OrthancCloudFs.Program.Control;
using OrthancCloudFs.Program.Kernel;
using OrthancCloudFs.Program.Mounting;

namespace OrthancCloudFs.Program.Commands;

/// <summary><c>unmount MOUNTPOINT</c>.</summary>
internal static class UnmountCommand
{
    public static Command Create()
    {
        var mountPoint = new Argument<string>("MOUNTPOINT") { Description = "The directory that is mounted" };
        var command = new Command("unmount", """
            Unmounts, and returns when the mount program has ended.

            What the bucket has not confirmed yet is given "ShutdownTimeout"; what is left then is told in one line, with exit code 8, and goes
            on with the next mount. Refuses while something below the mount point is in use: stop Orthanc first. Also clears a mount that a crash left behind.
            """) { mountPoint };
        command.SetBody(async (parsed, cancellationToken) =>
        {
            string path = parsed.GetValue(mountPoint)!;
            UnmountAnswer? answer = await ControlClient.AskAsync(
                path, ControlRequest.Unmount, ControlJson.Default.UnmountAnswer, cancellationToken).ConfigureAwait(false);
            if (answer?.Refusal is { } refusal)
                throw new CommandException(ExitCode.Mount, refusal);
            if (answer is null && !KernelAdapter.TryClearStale(path))
                throw new CommandException(ExitCode.NotFound, $"nothing is mounted at {path} by this user");
            if (answer is { Pending: { IsNone: false } pending })
                throw new CommandException(ExitCode.Pending, PendingReport.Line(path, pending));
            return ExitCode.Success;
        });
        return command;
    }
}
