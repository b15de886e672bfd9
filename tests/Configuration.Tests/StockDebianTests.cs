namespace OrthancCloudFs.Configuration.Tests;

/// <summary>A folder in the style of Debian's /etc/orthanc: long comments, several files, most of it of no concern here.</summary>
public class StockDebianTests
{
    private const string Orthanc = """
        {
          /**
           * The basics
           **/

          // Shown in the explorer ("Orthanc Explorer") and at "/system"
          "Name" : "Orthanc",

          // Index and attachments in the same folder
          "StorageDirectory" : "/var/lib/orthanc/db-v6",
          "IndexDirectory" : "/var/lib/orthanc/db-v6",

          // For example "C:/Temp" or "/tmp/Orthanc/"
          // "TemporaryDirectory" : "/tmp/Orthanc/",

          "StorageCompression" : false,
          "MaximumStorageSize" : 0,
          "LuaScripts" : [
          ],
          "Plugins" : [
            "/usr/share/orthanc/plugins/"
          ],

          /**
           * DICOM and HTTP
           **/

          "HttpPort" : 8042,
          "DicomModalities" : {
            // "sample" : [ "STORESCP", "127.0.0.1", 2000 ]
          },
          "HttpsCACertificates" : "",
          "SslCertificate" : "certificate.pem",
          "UserMetadata" : {
            // "Sample" : 1024
          },
          "StableAge" : 60,
          "SyncStorageArea" : true
        }
        """;

    private const string Credentials = """
        {
          /**
           * Not to be read by everybody
           **/
          "RegisteredUsers" : {
            // "alice" : "secret"
          }
        }
        """;

    private const string Worklists = """
        {
          "Worklists" : {
            "Enable": false,
            "Database": "/var/lib/orthanc/worklists"
          }
        }
        """;

    private const string ServeFolders = """
        {
          "ServeFolders" : {
            // "/doc" : "/usr/share/doc"
          }
        }
        """;

    private static ConfigurationFolder Stock() => new ConfigurationFolder()
        .Add("orthanc.json", Orthanc)
        .Add("credentials.json", Credentials)
        .Add("worklists.json", Worklists)
        .Add("serve-folders.json", ServeFolders);

    [Fact]
    public void One_file_of_ours_added_is_enough()
    {
        using ConfigurationFolder folder = Stock().Add("cloudfs.json", """
            {
              "LocalStorage" : {
                "Directory" : "/srv/orthanc-bucket",
                "StorageEncryption" : { "MasterKey" : [ 1, "/etc/orthanc/master.key" ] }
              },
              "OrthancCloudFs" : { "Owner" : "orthanc", "Group" : "orthanc" }
            }
            """);

        ConfigurationResult result = folder.Read();

        Assert.Empty(result.Warnings);
        Assert.Equal(ConfigurationFolder.Spell("/var/lib/orthanc/db-v6"), result.Settings.MountPoint);
        Assert.Equal(
            new OrthancFacts
            {
                StorageDirectory = ConfigurationFolder.Spell("/var/lib/orthanc/db-v6"),
                IndexDirectory = ConfigurationFolder.Spell("/var/lib/orthanc/db-v6"),
                SyncStorageArea = true,
                StorageCompression = false,
            },
            result.Settings.Orthanc);
    }

    [Fact]
    public void As_installed_it_is_refused_for_want_of_a_provider()
    {
        using ConfigurationFolder folder = Stock();

        Assert.StartsWith($"{folder.Path}: no section says where attachments are stored", folder.Refusal());
    }

    [Fact]
    public void Orthanc_facts_have_Orthanc_defaults_and_other_values_are_read()
    {
        using ConfigurationFolder defaults = new ConfigurationFolder().Add("a.json", ConfigurationFolder.Smallest);
        using ConfigurationFolder others = new ConfigurationFolder()
            .Add("a.json", ConfigurationFolder.Smallest)
            .Add("b.json", """
                { "StorageDirectory": "storage", "IndexDirectory": "/index", "SyncStorageArea": false, "StorageCompression": true,
                  "HttpsCACertificates": "ca.pem", "OrthancCloudFs": { "MountPoint": "elsewhere" } }
                """);

        CloudFsSettings settings = others.Read().Settings;

        Assert.Equal(
            new OrthancFacts
            {
                StorageDirectory = defaults.PathOf("OrthancStorage"),
                IndexDirectory = defaults.PathOf("OrthancStorage"),
                SyncStorageArea = true,
                StorageCompression = false,
            },
            defaults.Read().Settings.Orthanc);
        Assert.Equal(
            new OrthancFacts
            {
                StorageDirectory = others.PathOf("storage"),
                IndexDirectory = ConfigurationFolder.Spell("/index"),
                SyncStorageArea = false,
                StorageCompression = true,
            },
            settings.Orthanc);
        Assert.Equal(others.PathOf("ca.pem"), settings.HttpsCACertificates);
        Assert.Equal(others.PathOf("elsewhere"), settings.MountPoint);
    }
}
