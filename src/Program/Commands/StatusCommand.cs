using System.CommandLine;
using System.Text.Json;
using OrthancCloudFs.Program.Control;

namespace OrthancCloudFs.Program.Commands;

/// <summary><c>status MOUNTPOINT [--json]</c>.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var mountPoint = new Argument<string>("MOUNTPOINT") { Description = "The directory that is mounted" };
        var json = new Option<bool>("--json") { Description = "Print all counters as one JSON object, for programs" };
        var command = new Command("status", "Shows what the mount program does: memory, requests, commits, failures, open files.")
        {
            mountPoint,
            json,
        };
        command.SetBody(async (parsed, cancellationToken) =>
        {
            string path = parsed.GetValue(mountPoint)!;
            MountStatus status = await ControlClient.AskAsync(path, ControlRequest.Status, ControlJson.Default.MountStatus, cancellationToken)
                .ConfigureAwait(false)
                ?? throw new CommandException(ExitCode.NotFound, $"nothing is mounted at {path} by this user: see 'orthanc-cloudfs mount --help'");
            if (parsed.GetValue(json))
                Console.WriteLine(JsonSerializer.Serialize(status, ControlJson.Default.MountStatus));
            else
                Print(status);
            return ExitCode.Success;
        });
        return command;
    }

    private static void Print(MountStatus status)
    {
        static string Requests(IReadOnlyDictionary<string, long> counts) =>
            string.Join(", ", counts.Where(count => count.Value > 0).Select(count => $"{count.Key} {count.Value}")) is { Length: > 0 } text ? text : "none";

        static string Megabytes(long bytes) => $"{bytes / 1048576.0:0.0} MB";

        Console.WriteLine($"mount point      {status.MountPoint} (process {status.ProcessId}, since {status.MountedSince:yyyy-MM-dd HH:mm:ss}Z)");
        Console.WriteLine($"health           {string.Join(": ", [status.Health.Status, .. status.Health.Reasons.Take(1)])}");
        foreach (string reason in status.Health.Reasons.Skip(1))
            Console.WriteLine($"                 {reason}");
        Console.WriteLine($"bucket           {status.Bucket}");
        Console.WriteLine($"cipher           {status.Cipher}");
        Console.WriteLine($"staging          {Megabytes(status.Staging.Reserved)} of {Megabytes(status.Staging.Capacity)} in use, "
            + $"{Megabytes(status.Staging.Clean)} of it kept clean; {status.Staging.Waiting} waiting; kernel buffers {Megabytes(status.Staging.KernelBuffers)}");
        Console.WriteLine($"open files       {status.OpenFiles.Writing} being written, {status.OpenFiles.Reading} being read");
        Console.WriteLine($"attachments      {status.Commits} stored, {status.Opens} opened, {status.Deletes} deleted");
        Console.WriteLine($"failures         {status.Failures.Commits} stores, {status.Failures.Opens} opens; {status.PendingDeletes} deletes not confirmed yet"
            + (status.PendingDeletes > 0 ? $", the oldest since {status.OldestPendingDelete:0} s" : ""));
        Console.WriteLine($"journal          {status.PendingUploads} uploads pending, {Megabytes(status.Journal.Bytes)} of {Megabytes(status.Journal.MaxBytes)}"
            + (status.Journal.OldestSince is { } oldest ? $", the oldest since {oldest.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z" : "")
            + (status.Journal.Stuck > 0 ? $"; {status.Journal.Stuck} cannot be uploaded, see the log" : ""));
        Console.WriteLine($"kernel requests  {Requests(status.KernelRequests)}");
        Console.WriteLine($"bucket requests  {Requests(status.BucketRequests)}; {Megabytes(status.BucketBytesSent)} sent, {Megabytes(status.BucketBytesReceived)} received");
        Console.WriteLine($"bucket failures  {Requests(status.BucketFailures)}; {status.BucketRetries} retries; at most {status.BucketConcurrency.Now} requests at once now, "
            + $"{status.BucketConcurrency.Most} when the provider bears them");
    }
}
