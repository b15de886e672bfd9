using System.CommandLine;

namespace OrthancCloudFs.Program.Commands;

/// <summary><c>keygen FILE</c>.</summary>
internal static class KeygenCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "Where to write the key; must not exist yet" };
        var command = new Command("keygen", """
            Makes a new master key: the base64 of 32 random bytes, readable by its owner only.

            Keep a copy in a safe place: without it nothing in the bucket can ever be read. Name it in the configuration as
              "StorageEncryption": { "MasterKey": [1, "FILE"] }
            and give each further key another number; old keys go to "PreviousMasterKeys".
            """) { file };
        command.SetBody((parsed, _) =>
        {
            string path = parsed.GetValue(file)!;
            Envelope.Keys.MasterKeyFile.Create(path);
            Console.WriteLine($"New master key written to {path}. Keep a copy in a safe place: without it nothing in the bucket can be read.");
            return Task.FromResult(ExitCode.Success);
        });
        return command;
    }
}
