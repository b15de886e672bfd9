namespace OrthancCloudFs.Configuration.Tests.Sections;

public class ProviderSectionTests
{
    [Fact]
    public void Without_a_provider_the_smallest_section_is_shown()
    {
        string message = ConfigurationFolder.RefuseText("""{ "Name": "x" }""");

        Assert.Contains("no section says where attachments are stored", message);
        string shown = message[message.IndexOf("\"LocalStorage\": {", StringComparison.Ordinal)..^1];
        Assert.Equal("/var/lib/orthanc-bucket", Assert.IsType<LocalStorageSettings>(ConfigurationFolder.ReadText($"{{ {shown} }}").Settings.Provider).Directory);
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
    [InlineData("AzureBlobStorage")]
    [InlineData("BlobStorage")]
    [InlineData("GoogleCloudStorage")]
    public void Providers_that_are_not_served_yet_are_refused(string name)
    {
        string message = ConfigurationFolder.RefuseText($$"""{ "{{name}}": { "ConnectionString": "sesame", "AccountKey": "sesame" } }""");

        Assert.Contains($"the provider \"{name}\" is not served by this version", message);
        Assert.DoesNotContain("sesame", message);
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

        Assert.Equal(new StorageLayoutSettings { RootPath = "", Structure = StorageStructure.Flat, EnableLegacyUnknownFiles = false }, layout);
    }

    [Fact]
    public void The_layout_is_read()
    {
        StorageLayoutSettings layout = ConfigurationFolder.ReadText(ConfigurationFolder.WithS3("""
            "RootPath": "a b/c.d/", "StorageStructure": "legacy", "EnableLegacyUnknownFiles": true,
            "HybridMode": "Disabled", "MigrationFromFileSystemEnabled": false
            """)).Settings.Provider.Layout;

        Assert.Equal(new StorageLayoutSettings { RootPath = "a b/c.d", Structure = StorageStructure.Legacy, EnableLegacyUnknownFiles = true }, layout);
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
    [InlineData("\"HybridMode\": \"WriteToFileSystem\"", "HybridMode must be \"Disabled\" in this version")]
    [InlineData("\"HybridMode\": \"WriteToObjectStorage\"", "HybridMode must be \"Disabled\" in this version")]
    [InlineData("\"HybridMode\": \"WriteToObjectStore\"", "perhaps \"WriteToObjectStorage\" is meant")]
    [InlineData("\"MigrationFromFileSystemEnabled\": true", "MigrationFromFileSystemEnabled must be false in this version")]
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
