namespace OrthancCloudFs.Configuration.Tests;

/// <summary>A temporary folder of configuration files, removed at the end.</summary>
internal sealed class ConfigurationFolder : IDisposable
{
    /// <summary>The smallest configuration that works.</summary>
    public const string Smallest = """
        { "LocalStorage": { "Directory": "/srv/bucket" }, "StorageEncryption": { "MasterKey": [1, "master.key"] } }
        """;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("orthanc-cloudfs-configuration-");

    public string Path => _directory.FullName;

    public ConfigurationFolder Add(string name, string content)
    {
        File.WriteAllText(PathOf(name), content);
        return this;
    }

    public ConfigurationFolder Add(string name, byte[] content)
    {
        File.WriteAllBytes(PathOf(name), content);
        return this;
    }

    public string PathOf(string name) => System.IO.Path.GetFullPath(name, Path);

    /// <summary>A path that begins with a slash, as it stands in a configuration, as this system spells it.</summary>
    public static string Spell(string path) => System.IO.Path.GetFullPath(path, System.IO.Path.GetTempPath());

    public ConfigurationResult Read(params (string Name, string Value)[] environment)
    {
        return OrthancConfigurationReader.Read(Path, environment.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal));
    }

    /// <summary>The message of the exception that reading must end with, always one line.</summary>
    public string Refusal(params (string Name, string Value)[] environment)
    {
        string message = Assert.Throws<ConfigurationException>(() => Read(environment)).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    public void Dispose() => _directory.Delete(recursive: true);

    /// <summary>Reads one file that consists of this text.</summary>
    public static ConfigurationResult ReadText(string json, params (string Name, string Value)[] environment)
    {
        using ConfigurationFolder folder = new ConfigurationFolder().Add("orthanc.json", json);
        return folder.Read(environment);
    }

    /// <summary>The message with which one file that consists of this text is refused.</summary>
    public static string RefuseText(string json, params (string Name, string Value)[] environment)
    {
        using ConfigurationFolder folder = new ConfigurationFolder().Add("orthanc.json", json);
        return folder.Refusal(environment);
    }

    /// <summary>A configuration whose S3 section has these keys besides the required ones.</summary>
    public static string WithS3(string keys) => $$"""
        { "AwsS3Storage": { "BucketName": "b", "Region": "r"{{(keys.Length > 0 ? ", " : "")}}{{keys}} },
          "StorageEncryption": { "MasterKey": [1, "master.key"] } }
        """;

    /// <summary>A configuration whose local storage section has these keys besides the required one.</summary>
    public static string WithLocal(string keys) => $$"""
        { "LocalStorage": { "Directory": "/srv/bucket", {{keys}} }, "StorageEncryption": { "MasterKey": [1, "master.key"] } }
        """;

    /// <summary>A configuration whose section of ours has these keys.</summary>
    public static string WithCloudFs(string keys) => $$"""
        { "LocalStorage": { "Directory": "/srv/bucket" }, "StorageEncryption": { "MasterKey": [1, "master.key"] },
          "OrthancCloudFs": { {{keys}} } }
        """;

    /// <summary>A configuration with this encryption section.</summary>
    public static string WithEncryption(string section) => $$"""
        { "LocalStorage": { "Directory": "/srv/bucket", "StorageEncryption": {{section}} } }
        """;
}
