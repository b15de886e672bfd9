using System.CommandLine;
using System.Globalization;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Program.Composition;

namespace OrthancCloudFs.Program.Commands;

/// <summary><c>list --config PATH</c>.</summary>
internal static class ListCommand
{
    public static Command Create()
    {
        Option<string> config = CommandRunner.ConfigOption();
        var command = new Command("list", """
            Lists the attachments in the bucket, without a mount.

            One line each: UUID, length in bytes (- where only the object itself tells), time of storing (UTC), separated by tabs.
            """) { config };
        command.SetBody(async (parsed, cancellationToken) =>
        {
            await using StorageComposition storage = StorageComposition.Open(parsed.GetValue(config)!, StorageUse.Reading);
            using var output = new StreamWriter(Console.OpenStandardOutput());
            await foreach (AttachmentListing listing in storage.Store.ListAllAsync(cancellationToken).ConfigureAwait(false))
            {
                string length = listing.Info?.Length.ToString(CultureInfo.InvariantCulture) ?? "-";
                string time = listing.Info?.LastModified.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) ?? "-";
                await output.WriteLineAsync($"{listing.Id}\t{length}\t{time}".AsMemory(), cancellationToken).ConfigureAwait(false);
            }

            return ExitCode.Success;
        });
        return command;
    }
}
