namespace OrthancCloudFs.Configuration.Tests.Sections;

public class EncryptionSectionTests
{
    private const string Key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    private const string HexKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    [Fact]
    public void All_keys_are_read_and_relative_paths_belong_to_the_configuration()
    {
        using ConfigurationFolder folder = new ConfigurationFolder().Add("a.json", ConfigurationFolder.WithEncryption("""
            { "Enable": true, "MasterKey": [4294967295, "/keys/new.key"],
              "PreviousMasterKeys": [[0, "old/0.key"], [7, "../7.key"]], "MaxConcurrentInputSize": 4096 }
            """));

        EncryptionSettings settings = folder.Read().Settings.Encryption;

        Assert.True(settings.Enabled);
        Assert.Equal(new MasterKeyFile(uint.MaxValue, ConfigurationFolder.Spell("/keys/new.key")), settings.MasterKey);
        Assert.Equal([new MasterKeyFile(0, folder.PathOf("old/0.key")), new MasterKeyFile(7, Path.GetFullPath("../7.key", folder.Path))], settings.PreviousMasterKeys);
        Assert.Equal(4096L * 1024 * 1024, settings.MaxConcurrentInputBytes);
    }

    [Fact]
    public void Defaults_are_the_plugins()
    {
        EncryptionSettings settings = ConfigurationFolder.ReadText(ConfigurationFolder.Smallest).Settings.Encryption;

        Assert.True(settings.Enabled);
        Assert.Empty(settings.PreviousMasterKeys);
        Assert.Equal(1024L * 1024 * 1024, settings.MaxConcurrentInputBytes);
    }

    [Fact]
    public void The_section_of_the_provider_comes_first()
    {
        ConfigurationResult result = ConfigurationFolder.ReadText("""
            { "LocalStorage": { "Directory": "/srv/bucket", "StorageEncryption": { "MasterKey": [1, "inner"] } },
              "StorageEncryption": { "MasterKey": [2, "outer"] } }
            """);

        Assert.Equal(1u, result.Settings.Encryption.MasterKey!.Id);
        Assert.Contains("orthanc.json:2:24: \"StorageEncryption\" is ignored", Assert.Single(result.Warnings));
    }

    [Fact]
    public void Without_a_section_the_refusal_says_how_to_make_a_key_and_how_to_say_no()
    {
        string message = ConfigurationFolder.RefuseText("""{ "LocalStorage": { "Directory": "/srv/bucket" } }""");

        Assert.Contains("there is no \"StorageEncryption\" section", message);
        Assert.Contains("orthanc-cloudfs keygen /etc/orthanc/master.key", message);
        Assert.Contains("\"StorageEncryption\": { \"Enable\": false }", message);
    }

    [Fact]
    public void Encryption_is_off_only_on_purpose_and_with_a_warning()
    {
        ConfigurationResult result = ConfigurationFolder.ReadText(ConfigurationFolder.WithEncryption("{ \"Enable\": false }"));

        Assert.False(result.Settings.Encryption.Enabled);
        Assert.Null(result.Settings.Encryption.MasterKey);
        Assert.Contains("encryption is off", Assert.Single(result.Warnings));
    }

    [Theory]
    [InlineData("{}", "\"StorageEncryption\" has no \"MasterKey\": make a key with")]
    [InlineData("{ \"Enable\": true }", "has no \"MasterKey\"")]
    [InlineData("{ \"Masterkey\": [1, \"k\"] }", "has no \"MasterKey\"")]
    [InlineData("{ \"Enable\": \"false\" }", "LocalStorage.StorageEncryption.Enable must be true or false without quotation marks, found \"false\"")]
    [InlineData("{ \"Enable\": null }", "StorageEncryption.Enable must be true or false")]
    [InlineData("false", "\"StorageEncryption\" must be a section { … }, found false")]
    [InlineData("{ \"MasterKey\": \"sesame\" }", "StorageEncryption.MasterKey must be [id, \"path\"] with an id from 0 to 4294967295, found a text")]
    [InlineData("{ \"MasterKey\": null }", "MasterKey must be [id, \"path\"]")]
    [InlineData("{ \"MasterKey\": [] }", "found an array of 0")]
    [InlineData("{ \"MasterKey\": [1] }", "found an array of 1")]
    [InlineData("{ \"MasterKey\": [1, \"a\", \"b\"] }", "found an array of 3")]
    [InlineData("{ \"MasterKey\": [\"1\", \"k\"] }", "the id in StorageEncryption.MasterKey must be a whole number from 0 to 4294967295, found a text")]
    [InlineData("{ \"MasterKey\": [-1, \"k\"] }", "from 0 to 4294967295, found -1")]
    [InlineData("{ \"MasterKey\": [4294967296, \"k\"] }", "from 0 to 4294967295, found 4294967296")]
    [InlineData("{ \"MasterKey\": [1.5, \"k\"] }", "from 0 to 4294967295, found 1.5")]
    [InlineData("{ \"MasterKey\": [1, 2] }", "found a number as path")]
    [InlineData("{ \"MasterKey\": [1, \"\"] }", "found an empty text as path")]
    [InlineData("{ \"MasterKey\": [1, \"a\\u0000b\"] }", "MasterKey must not contain control characters")]
    [InlineData("{ \"MasterKey\": [1, \"" + Key + "\"] }", "holds what looks like a key")]
    [InlineData("{ \"MasterKey\": [1, \"" + HexKey + "\"] }", "holds what looks like a key")]
    [InlineData("{ \"MasterKey\": [1, \"k\"], \"PreviousMasterKeys\": [2, \"k2\"] }", "StorageEncryption.PreviousMasterKeys must be [id, \"path\"]")]
    [InlineData("{ \"MasterKey\": [1, \"k\"], \"PreviousMasterKeys\": {} }", "PreviousMasterKeys must be a list [[id, \"path\"], …]")]
    [InlineData("{ \"MasterKey\": [1, \"k\"], \"PreviousMasterKeys\": [[2, \"k2\"], [3]] }", "PreviousMasterKeys must be [id, \"path\"]")]
    [InlineData("{ \"MasterKey\": [1, \"k\"], \"PreviousMasterKeys\": [[2, \"k2\"], [\"3\", \"k3\"]] }", "the id in StorageEncryption.PreviousMasterKeys")]
    [InlineData("{ \"MasterKey\": [1, \"k\"], \"PreviousMasterKeys\": [[1, \"k2\"]] }", "PreviousMasterKeys gives the id 1 a second time")]
    [InlineData("{ \"MasterKey\": [1, \"k\"], \"PreviousMasterKeys\": [[2, \"k2\"], [2, \"k3\"]] }", "PreviousMasterKeys gives the id 2 a second time")]
    [InlineData("{ \"MasterKey\": [1, \"k\"], \"MaxConcurrentInputSize\": 0 }", "MaxConcurrentInputSize must be from 1 to 1048576 MB, found 0")]
    [InlineData("{ \"Enable\": false, \"MasterKey\": [1] }", "MasterKey must be [id, \"path\"]")]
    public void Mistakes_are_refused_never_stored_in_plain(string section, string expected)
    {
        string message = ConfigurationFolder.RefuseText(ConfigurationFolder.WithEncryption(section));

        Assert.Contains(expected, message);
        Assert.DoesNotContain("sesame", message);
        Assert.DoesNotContain(Key, message);
        Assert.DoesNotContain(HexKey, message);
    }
}
