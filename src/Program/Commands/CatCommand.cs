using System.CommandLine;
using OrthancCloudFs.Attachments;
using OrthancCloudFs.Attachments.Reading;
using OrthancCloudFs.Program.Composition;

namespace OrthancCloudFs.Program.Commands;

/// <summary><c>cat UUID --config PATH</c>.</summary>
internal static class CatCommand
{
    private const int ChunkLength = 1 << 20;

    public static Command Create()
    {
        var uuid = new Argument<string>("UUID") { Description = "The attachment, e.g. 8f3f6c2e-1f0e-4f3b-9a55-0c6f1d7b2a10" };
        Option<string> config = CommandRunner.ConfigOption();
        var command = new Command("cat", """
            Writes one attachment to standard output, decrypted and verified, without a mount.

            Nothing is written unless the whole object authenticates. For recovery, together with 'list'.
            """) { uuid, config };
        command.SetBody(async (parsed, cancellationToken) =>
        {
            if (!AttachmentId.TryParse(parsed.GetValue(uuid)!, out AttachmentId id))
            {
                throw new CommandException(
                    ExitCode.Usage, $"'{parsed.GetValue(uuid)}' is no attachment name: a UUID in lower case is expected, as 'list' prints them");
            }

            await using StorageComposition storage = StorageComposition.Open(parsed.GetValue(config)!, StorageUse.Reading);
            AttachmentInfo info = await storage.Store.FindAsync(id, cancellationToken).ConfigureAwait(false)
                ?? throw new CommandException(ExitCode.NotFound, $"the bucket has no attachment {id}");
            using OpenAttachment attachment = await storage.Store.OpenAsync(info, cancellationToken).ConfigureAwait(false);
            using Stream output = Console.OpenStandardOutput();
            byte[] chunk = new byte[ChunkLength];
            for (long offset = 0; offset < attachment.Info.Length; offset += ChunkLength)
            {
                int count = await attachment.ReadAsync(offset, chunk, cancellationToken).ConfigureAwait(false);
                await output.WriteAsync(chunk.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            }

            return ExitCode.Success;
        });
        return command;
    }
}
