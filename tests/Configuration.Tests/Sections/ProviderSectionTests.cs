namespace OrthancCloudFs.Configuration.Tests.Sections;

public class ProviderSectionTests
{
    [Fact]
    public void Without_a_provider_the_smallest_section_is_shown()
    {
        string message = ConfigurationFolder.RefuseText("""{ "Name": "x" }""");

        Assert.Contains("no section says where attachments are stored", message);
        string shown = message[message.IndexOf("\"LocalStorage\": {", StringComparison.Ordinal)..^1];
        Assert.Equal(ConfigurationFolder.Spell("/var/lib/orthanc-bucket"), Assert.IsType<LocalStorageSettings>(ConfigurationFolder.ReadText($"{{ {shown} }}").Settings.Provider).Directory);
    }

    [Theory]
    [InlineData("AwsS3Storage", "LocalStorage")]
    [InlineData("AwsS3Storage", "GoogleCloudStorage")]
    [InlineData("AzureBlobStorage", "BlobStorage")]
    public void Two_providers_are_refused_naming_both(string first, string second)
    {
        string message = ConfigurationFolder.RefuseText($$"""{ "{{first}}": {}, "{{second}}": {} }""");

        Assert.Contains($"more than one provider section (\"{first}\", \"{second}\")", message);
    }

    [Theory]
    [InlineData("", HybridMode.Disabled, false)]
    [InlineData("\"HybridMode\": \"WriteToFileSystem\"", HybridMode.WriteToFileSystem, false)]
    [InlineData("\"HybridMode\": \"WriteToObjectStorage\"", HybridMode.WriteToObjectStorage, false)]
    [InlineData("\"MigrationFromFileSystemEnabled\": true", HybridMode.WriteToObjectStorage, false)]
    [InlineData("\"MigrationFromFileSystemEnabled\": false", HybridMode.Disabled, false)]
    [InlineData("\"MigrationFromFileSystemEnabled\": true, \"HybridMode\": \"WriteToObjectStorage\"", HybridMode.WriteToObjectStorage, false)]
    [InlineData("\"MigrationFromFileSystemEnabled\": true, \"HybridMode\": \"WriteToFileSystem\"", HybridMode.WriteToFileSystem, true)]
    public void The_hybrid_mode_is_read_from_either_key(string keys, HybridMode expected, bool warns)
    {
        ConfigurationResult result = ConfigurationFolder.ReadText(ConfigurationFolder.WithS3(keys));

        Assert.Equal(expected, result.Settings.Provider.HybridMode);
        Assert.Equal(warns ? 1 : 0, result.Warnings.Count(warning => warning.Contains("MigrationFromFileSystemEnabled is ignored", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("null", "null")]
    [InlineData("\"sesame\"", "a text")]
    [InlineData("[1]", "an array of 1")]
    public void A_section_must_be_an_object(string value, string found)
    {
        string message = ConfigurationFolder.RefuseText($$"""{ "AwsS3Storage": {{value}} }""");

        Assert.Contains($"\"AwsS3Storage\" must be a section {{ … }}, found {found}", message);
    }

    [Fact]
    public void The_layout_has_the_plugins_defaults()
    {
        StorageLayoutSettings layout = ConfigurationFolder.ReadText(ConfigurationFolder.Smallest).Settings.Provider.Layout;

        Assert.Equal(new StorageLayoutSettings { RootPath = "", Structure = StorageStructure.Flat }, layout);
    }

    [Fact]
    public void The_layout_is_read()
    {
        StorageLayoutSettings layout = ConfigurationFolder.ReadText(ConfigurationFolder.WithS3("""
            "RootPath": "a b/c.d/", "StorageStructure": "legacy", "EnableLegacyUnknownFiles": true,
            "HybridMode": "Disabled", "MigrationFromFileSystemEnabled": false
            """)).Settings.Provider.Layout;

        Assert.Equal(new StorageLayoutSettings { RootPath = "a b/c.d", Structure = StorageStructure.Legacy }, layout);
    }

    [Theory]
    [InlineData("\"RootPath\": \"/a\"", "RootPath must not begin with a slash, found \"/a\"")]
    [InlineData("\"RootPath\": \"/\"", "RootPath must not begin with a slash")]
    [InlineData("\"RootPath\": \"..\"", "RootPath must not contain \"..\"")]
    [InlineData("\"RootPath\": \"a/../b\"", "RootPath must not contain \"..\"")]
    [InlineData("\"RootPath\": \"./a\"", "RootPath must not contain \"..\"")]
    [InlineData("\"RootPath\": \"a//b\"", "RootPath must not contain \"..\"")]
    [InlineData("\"RootPath\": \"a//\"", "RootPath must not contain \"..\"")]
    [InlineData("\"RootPath\": \"a\\nb\"", "RootPath must not contain control characters")]
    [InlineData("\"RootPath\": 7", "RootPath must be a text in quotation marks, found 7")]
    [InlineData("\"StorageStructure\": \"Flat\"", "StorageStructure must be one of \"flat\", \"legacy\", found \"Flat\"; perhaps \"flat\" is meant")]
    [InlineData("\"StorageStructure\": null", "StorageStructure must be one of \"flat\", \"legacy\", found null")]
    [InlineData("\"EnableLegacyUnknownFiles\": \"true\"", "EnableLegacyUnknownFiles must be true or false without quotation marks, found \"true\"")]
    [InlineData("\"HybridMode\": \"WriteToObjectStore\"", "perhaps \"WriteToObjectStorage\" is meant")]
    [InlineData("\"MigrationFromFileSystemEnabled\": 1", "MigrationFromFileSystemEnabled must be true or false")]
    public void Wrong_values_are_refused(string key, string expected)
    {
        Assert.Contains(expected, ConfigurationFolder.RefuseText(ConfigurationFolder.WithLocal(key)));
        Assert.Contains(expected, ConfigurationFolder.RefuseText(ConfigurationFolder.WithS3(key)));
    }

    [Theory]
    [InlineData("{}", "LocalStorage.Directory is missing")]
    [InlineData("{ \"Directory\": \"\" }", "LocalStorage.Directory must not be empty")]
    [InlineData("{ \"Directory\": [\"/a\"] }", "LocalStorage.Directory must be a text in quotation marks, found an array of 1")]
    public void Local_storage_needs_a_directory(string section, string expected)
    {
        Assert.Contains(expected, ConfigurationFolder.RefuseText($$"""{ "LocalStorage": {{section}}, "StorageEncryption": { "Enable": false } }"""));
    }

    [Fact]
    public void A_relative_directory_belongs_to_the_folder_of_the_configuration()
    {
        using ConfigurationFolder folder = new ConfigurationFolder().Add("a.json", ConfigurationFolder.Smallest.Replace("/srv/bucket", "bucket/", StringComparison.Ordinal));

        Assert.Equal(folder.PathOf("bucket"), Assert.IsType<LocalStorageSettings>(folder.Read().Settings.Provider).Directory);
    }
}
