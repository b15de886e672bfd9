using System.Text;
using OrthancCloudFs.Configuration;

namespace OrthancCloudFs.Fuzzing.Targets;

/// <summary>
/// Orthanc's configuration: a file, or a folder of several, which an input separates by the byte 0x1C. It is read, or refused in one line.
/// </summary>
internal sealed class ConfigurationTarget : FuzzTarget
{
    private const byte FileSeparator = 0x1C;

    private static readonly Dictionary<string, string> Environment = new(StringComparer.Ordinal)
    {
        ["NUMBER"] = "3",
        ["TEXT"] = "a\"b",
        ["JSON"] = "{ \"Enable\": true }",
        ["EMPTY"] = "",
    };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orthanc-cloudfs-fuzz-configuration-");

    public override string Name => "configuration";

    public override IEnumerable<byte[]> Seeds => new[]
    {
        """
        { "LocalStorage": { "Directory": "/srv/bucket" }, "StorageEncryption": { "MasterKey": [1, "master.key"] } }
        """,
        """
        { "AwsS3Storage": { // ${UNSET} in a comment
            "BucketName": "b", "Region": "${REGION:-r}", "AccessKey": "AKIA", "SecretKey": "xyzzy", "Endpoint": "http://127.0.0.1:9000/",
            "MaxRetries": ${NUMBER}, "Tags": { "a": "b" }, "RootPath": "a/b", "HybridMode": "Disabled",
            "StorageEncryption": { "Enable": true, "MasterKey": [1, "k"], "PreviousMasterKeys": [[2, "k2"]] } } }
        """,
        """
        { "AzureBlobStorage": { "ContainerName": "images", "ConnectionString": "UseDevelopmentStorage=true", "CreateContainerIfNotExists": false },
          "StorageEncryption": ${JSON:-{}} }
        """,
        """
        { "GoogleCloudStorage": { "BucketName": "b", "ServiceAccountFile": "/etc/key.json" }, "StorageEncryption": { "Enable": false } }
        """,
        """
        { "StorageDirectory": "/var/lib/orthanc/db", "IndexDirectory": "../index", "SyncStorageArea": true, "StorageCompression": false,
          "HttpsCACertificates": "ca.pem", "OrthancCloudFs": { "MountPoint": "/mnt/é", "StagingMemory": 64, "Owner": "orthanc", "Group": 120,
          "DirectoryMode": "0750", "FileMode": "640", "AllowOther": false, "ReadMode": "PageCache", /* comment */ "LogLevel": "Debug" } }
        """ + (char)FileSeparator + """
        { "LocalStorage": { "Directory": "/srv/bucket", }, "StorageEncryption": { "MasterKey": [1, "${EMPTY}m.key"] }, } trailing
        """,
    }.Select(Encoding.UTF8.GetBytes);

    public override IEnumerable<string> Dictionary =>
        [.. KnownKeys.All.SelectMany(key => (string[])[$"\"{key.Name}\"", $"\"{key.Section}\""]).Distinct(StringComparer.Ordinal),
            "//", "/*", "*/", "${NUMBER}", "${UNSET:-", "${TEXT}", "${JSON}", "${EMPTY}", "null", "true", "false", "\\uD800", "\u001c", "1e999"];

    protected override void Parse(byte[] input)
    {
        foreach (FileInfo old in _folder.EnumerateFiles())
            old.Delete();
        int count = 0;
        foreach (Range range in input.AsSpan().Split(FileSeparator))
            File.WriteAllBytes(Path.Combine(_folder.FullName, $"{count++:d3}.json"), input[range]);

        string path = count == 1 ? Path.Combine(_folder.FullName, "000.json") : _folder.FullName;
        IReadOnlyList<string> lines;
        try
        {
            lines = OrthancConfigurationReader.Read(path, Environment).Warnings;
        }
        catch (ConfigurationException e)
        {
            lines = [e.Message];
        }

        foreach (string line in lines)
        {
            Require(!line.Any(char.IsControl), $"a message is not one line: {line}");
            Require(line.StartsWith(_folder.FullName, StringComparison.Ordinal), $"a message does not say where: {line}");
        }
    }

    protected override void Close() => _folder.Delete(recursive: true);
}
