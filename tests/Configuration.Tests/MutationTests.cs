using System.Text;
using CsCheck;

namespace OrthancCloudFs.Configuration.Tests;

/// <summary>Valid files with random damage: whatever the bytes, reading yields settings or one line that says what is wrong.</summary>
public class MutationTests
{
    private const string Secret = "xyzzy-plugh-xyzzy";

    private static readonly string[] Valid =
    [
        ConfigurationFolder.Smallest,
        ConfigurationFolder.WithCloudFs("""
            "MountPoint": "/mnt/é", "StagingMemory": 64, "Owner": "orthanc", "Group": 120, "DirectoryMode": "0750", "FileMode": "640",
            "AllowOther": false, "ReadMode": "PageCache", /* comment */ "LogLevel": "Debug", "EntryTimeout": 0
            """),
        """
        { "AwsS3Storage": { // ${UNSET} in a comment
            "BucketName": "b", "Region": "${REGION:-r}", "AccessKey": "AKIA", "SecretKey": "xyzzy-plugh-xyzzy", "Endpoint": "http://127.0.0.1:9000/",
            "MaxRetries": ${RETRIES}, "Tags": { "a": "b" }, "RootPath": "a/b", "HybridMode": "Disabled",
            "StorageEncryption": { "Enable": true, "MasterKey": [1, "k"], "PreviousMasterKeys": [[2, "k2"]] } } }
        """,
    ];

    private static readonly byte[][] Pieces = new[]
    {
        "\"", "\\", "{", "}", "[", "]", ",", ":", "//", "/*", "*/", "${", "${RETRIES}", "${UNSET:-", "}", "null", "true", "-1", "1e999", "0.5",
        "99999999999999999999", "\n", "\0", "\\u0000", "\\uD800", "\\uDC00", "\uFEFF", "é", "\U0001F600", "..", "/", "\"RootPath\": ", "\"\"",
    }.Select(Encoding.UTF8.GetBytes).Append([0xFF]).Append([0xC3]).Append([0xED, 0xA0, 0x80]).ToArray();

    /// <summary>Removes a stretch and puts a piece (or some of the same text) in its place.</summary>
    private static readonly Gen<Func<byte[], byte[]>> Damage =
        Gen.Select(Gen.Int[0, 10000], Gen.Int[0, 12], Gen.Int[-1, Pieces.Length - 1], Gen.Int[0, 10000], Gen.Int[0, 40]).Select<(int, int, int, int, int), Func<byte[], byte[]>>(
            choice => text =>
            {
                (int position, int removed, int piece, int copyFrom, int copied) = choice;
                int start = position % (text.Length + 1);
                int end = Math.Min(text.Length, start + removed);
                int from = copyFrom % (text.Length + 1);
                byte[] inserted = piece >= 0 ? Pieces[piece] : text[from..Math.Min(text.Length, from + copied)];
                return [.. text[..start], .. inserted, .. text[end..]];
            });

    private static readonly Gen<(byte[] File, string Value)> DamagedFile =
        Gen.Select(Gen.Int[0, Valid.Length - 1], Damage.Array[1, 4], Gen.OneOf(Gen.Const("3"), Gen.String[0, 6]))
            .Select((valid, damages, value) => (damages.Aggregate(Encoding.UTF8.GetBytes(Valid[valid]), (bytes, damage) => damage(bytes)), value));

    [Fact]
    public void Undamaged_files_are_accepted()
    {
        Assert.All(Valid, text => ConfigurationFolder.ReadText(text, ("RETRIES", "3")));
    }

    [Fact]
    public void A_damaged_file_is_read_or_refused_in_one_line()
    {
        using var folder = new ConfigurationFolder();
        int read = 0;
        int refused = 0;
        DamagedFile.Sample(
            file =>
            {
                folder.Add("orthanc.json", file.File);
                IReadOnlyList<string> lines;
                try
                {
                    lines = folder.Read(("RETRIES", file.Value), ("REGION", file.Value)).Warnings;
                    read++;
                }
                catch (ConfigurationException e)
                {
                    lines = [e.Message];
                    refused++;
                }

                return lines.All(line => !line.Any(char.IsControl) && line.StartsWith(folder.Path, StringComparison.Ordinal) && line.Length < 1000);
            },
            print: file => $"{Encoding.UTF8.GetString(file.File)}\nwith \"{file.Value}\"",
            iter: 5_000,
            threads: 1);

        Assert.True(read > 50, $"only {read} damaged files were read");
        Assert.True(refused > 1000, $"only {refused} damaged files were refused");
    }

    [Fact]
    public void A_secret_never_appears_in_a_message()
    {
        using var folder = new ConfigurationFolder();
        Damage.Array[1, 3].Sample(
            damages =>
            {
                folder.Add("orthanc.json", damages.Aggregate(Encoding.UTF8.GetBytes(Valid[^1]), (bytes, damage) => damage(bytes)));
                try
                {
                    return folder.Read(("RETRIES", "3")).Warnings.All(line => !line.Contains(Secret, StringComparison.Ordinal));
                }
                catch (ConfigurationException e)
                {
                    return !$"{e}".Contains(Secret, StringComparison.Ordinal);
                }
            },
            iter: 2_000,
            threads: 1);
    }
}
