namespace OrthancCloudFs.Configuration.Tests.Sections;

public class AzureSectionTests
{
    private const string Key = "c2VzYW1l";
    private const string Connection = $"DefaultEndpointsProtocol=https;AccountName=hospital;AccountKey={Key};EndpointSuffix=core.windows.net";

    private static string With(string keys, string section = "AzureBlobStorage") =>
        $$"""{ "{{section}}": { {{keys}} }, "StorageEncryption": { "MasterKey": [1, "master.key"] } }""";

    private static ConfigurationResult Read(string keys, string section = "AzureBlobStorage") => ConfigurationFolder.ReadText(With(keys, section));

    [Fact]
    public void The_plugins_keys_and_defaults_are_read()
    {
        ConfigurationResult result = Read($"\"ConnectionString\": \" {Connection} \", \"ContainerName\": \" images \"");

        AzureSettings azure = Assert.IsType<AzureSettings>(result.Settings.Provider);
        Assert.Empty(result.Warnings);
        Assert.Equal((Connection, "images", "hospital"), (azure.ConnectionString!.Reveal(), azure.ContainerName, azure.Account));
        Assert.True(azure.CreateContainerIfNotExists);
        Assert.Null(azure.AccessTier);
        Assert.Equal((25, 10, TimeSpan.FromSeconds(1200)), (azure.MaxConnections, azure.MaxRetries, azure.RequestTimeout));
        Assert.DoesNotContain(Key, azure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_other_keys_are_read()
    {
        ConfigurationResult result = Read(
            $"\"ConnectionString\": \"{Connection}\", \"ContainerName\": \"images\", \"CreateContainerIfNotExists\": false, \"AccessTier\": \"Cool\", "
            + "\"MaxConnections\": 3, \"RequestTimeout\": 7, \"HybridMode\": \"WriteToFileSystem\"");

        AzureSettings azure = Assert.IsType<AzureSettings>(result.Settings.Provider);
        Assert.Equal((false, "Cool", 3, TimeSpan.FromSeconds(7)), (azure.CreateContainerIfNotExists, azure.AccessTier, azure.MaxConnections, azure.RequestTimeout));
        Assert.Equal(HybridMode.WriteToFileSystem, azure.HybridMode);
        Assert.Contains("stay on this machine, in plain", Assert.Single(result.Warnings));
    }

    [Fact]
    public void The_old_section_makes_the_connection_string()
    {
        ConfigurationResult result = Read($"\"AccountName\": \"hospital\", \"AccountKey\": \"{Key}\", \"ContainerName\": \"images\"", "BlobStorage");

        Assert.Equal(Connection, Assert.IsType<AzureSettings>(result.Settings.Provider).ConnectionString!.Reveal());
        Assert.Empty(result.Warnings);
    }

    [Fact]
    public void An_account_url_uses_the_identity_of_the_machine()
    {
        AzureSettings azure = Assert.IsType<AzureSettings>(
            Read("\"AccountUrl\": \"hospital.blob.core.windows.net\", \"ContainerName\": \"images\"").Settings.Provider);

        Assert.Null(azure.ConnectionString);
        Assert.Equal(new Uri("https://hospital.blob.core.windows.net/"), azure.AccountUrl);
    }

    [Theory]
    [InlineData("AccountName=a;SharedAccessSignature=sv=2020")]
    [InlineData("BlobEndpoint=https://a.example/;SharedAccessSignature=sv=2020")]
    [InlineData("UseDevelopmentStorage=true")]
    [InlineData("AccountName=a;AccountKey=c2VzYW1l;BlobEndpoint=http://127.0.0.1:10000/a;")]
    public void Other_connection_strings_are_taken(string connection) =>
        Assert.Empty(Read($"\"ConnectionString\": \"{connection}\", \"ContainerName\": \"c\"").Warnings);

    [Theory]
    [InlineData("DefaultEndpointsProtocol=http;AccountName=a;AccountKey=c2VzYW1l")]
    [InlineData("AccountName=a;AccountKey=c2VzYW1l;BlobEndpoint=http://gateway.example/a")]
    public void Plain_http_that_leaves_the_machine_is_warned_of(string connection) => Assert.Contains(
        "ConnectionString is plain http", Assert.Single(Read($"\"ConnectionString\": \"{connection}\", \"ContainerName\": \"c\"").Warnings));

    [Theory]
    [InlineData("\"ContainerName\": \"c\"", "AzureBlobStorage.ConnectionString is missing")]
    [InlineData("\"ConnectionString\": \"AccountName=a;AccountKey=c2VzYW1l\"", "AzureBlobStorage.ContainerName is missing")]
    [InlineData("\"ConnectionString\": \"AccountName=a;AccountKey=c2VzYW1l\", \"ContainerName\": \"a/b\"", "ContainerName must be a bare name")]
    [InlineData("\"ConnectionString\": \"sesame\", \"ContainerName\": \"c\"", "must consist of parts")]
    [InlineData("\"ConnectionString\": \"AccountName=a;AccountKey=se same\", \"ContainerName\": \"c\"", "AccountKey (in base64)")]
    [InlineData("\"ConnectionString\": \"AccountName=a\", \"ContainerName\": \"c\"", "or SharedAccessSignature")]
    [InlineData("\"ConnectionString\": \"AccountKey=c2VzYW1l\", \"ContainerName\": \"c\"", "must name an account")]
    [InlineData("\"ConnectionString\": \"AccountName=a;AccountName=b;AccountKey=c2VzYW1l\", \"ContainerName\": \"c\"", "must name each part once")]
    [InlineData("\"ConnectionString\": \"AccountName=a;AccountKey=c2VzYW1l;BlobEndpoint=ftp://sesame\", \"ContainerName\": \"c\"", "http or https address")]
    [InlineData("\"ConnectionString\": \"AccountName=a;AccountKey=c2VzYW1l\", \"AccountUrl\": \"https://a\", \"ContainerName\": \"c\"", "keep the one that applies")]
    [InlineData("\"AccountUrl\": \"http://a.example\", \"ContainerName\": \"c\"", "AccountUrl must be an https address")]
    [InlineData("\"AccountUrl\": \"https://a.example/?sig=sesame\", \"ContainerName\": \"c\"", "AccountUrl must end before any ?")]
    [InlineData("\"ConnectionString\": \"AccountName=a;AccountKey=c2VzYW1l\", \"ContainerName\": \"c\", \"AccessTier\": \"cool\"", "perhaps \"Cool\" is meant")]
    public void Mistakes_are_refused_without_showing_secrets(string keys, string expected)
    {
        string message = ConfigurationFolder.RefuseText(With(keys));

        Assert.Contains(expected, message);
        if (keys.Contains("ConnectionString", StringComparison.Ordinal))
            Assert.DoesNotContain("sesame", message.Replace("sig=sesame", "", StringComparison.Ordinal));
        Assert.DoesNotContain(Key, message);
    }

    [Theory]
    [InlineData("\"AccountName\": \"a;b\", \"AccountKey\": \"c2VzYW1l\", \"ContainerName\": \"c\"", "BlobStorage.AccountName must be the bare name")]
    [InlineData("\"AccountName\": \"a\", \"AccountKey\": \"se same;\", \"ContainerName\": \"c\"", "BlobStorage.AccountKey must be the account's key in base64")]
    [InlineData("\"AccountName\": \"a\", \"ContainerName\": \"c\"", "BlobStorage.AccountKey is missing")]
    public void Mistakes_in_the_old_section_are_refused(string keys, string expected)
    {
        string message = ConfigurationFolder.RefuseText(With(keys, "BlobStorage"));

        Assert.Contains(expected, message);
        Assert.DoesNotContain("se same", message);
    }
}
