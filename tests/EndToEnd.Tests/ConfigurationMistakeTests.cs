using System.Text.Json.Nodes;
using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary>What the one line about a mistake in the configuration tells besides the place, and what it must not tell.</summary>
public sealed class ConfigurationMistakeTests(SharedServers servers)
{
    private const int ConfigurationExitCode = 3;
    private const int KeysExitCode = 4;

    [Fact(Timeout = 60_000)]
    public async Task No_encryption_says_how_to_make_a_key_and_how_to_do_without()
    {
        await using Site site = await SiteAsync(root => root["LocalStorage"]!.AsObject().Remove("StorageEncryption"));
        await AssertRefusedAsync(site, ConfigurationExitCode, "StorageEncryption", "keygen", "\"Enable\": false");
    }

    [Fact(Timeout = 60_000)]
    public async Task Two_providers_are_both_named()
    {
        await using Site site = await SiteAsync(root =>
            root["AwsS3Storage"] = new JsonObject { ["BucketName"] = "images", ["Region"] = "eu-west-3" });
        await AssertRefusedAsync(site, ConfigurationExitCode, "LocalStorage", "AwsS3Storage");
    }

    [Fact(Timeout = 60_000)]
    public async Task Broken_json_is_shown_by_file_line_and_column()
    {
        await using Site site = await SiteAsync(_ => { });
        await File.WriteAllTextAsync(site.Configuration, "{\n  \"StorageDirectory\": \"/x\",\n  \"LocalStorage\": ]\n}\n");
        await AssertRefusedAsync(site, ConfigurationExitCode, $"{site.Configuration}:3:19:");
    }

    [Theory(Timeout = 60_000)]
    [InlineData("hexadecimal")]
    [InlineData("short")]
    [InlineData("raw")]
    public async Task A_malformed_key_is_not_shown(string kind)
    {
        await using Site site = await SiteAsync(_ => { });
        byte[] key = Convert.FromBase64String((await File.ReadAllTextAsync(site.KeyFile)).Trim());
        string text = kind == "short" ? Convert.ToBase64String(key.AsSpan(1)) : Convert.ToHexString(key);
        await (kind == "raw" ? File.WriteAllBytesAsync(site.KeyFile, key) : File.WriteAllTextAsync(site.KeyFile, text));
        string line = await AssertRefusedAsync(site, KeysExitCode, site.KeyFile, "base64");
        Assert.DoesNotContain(text, line, StringComparison.OrdinalIgnoreCase);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_wrong_secret_is_not_shown_and_an_unreachable_endpoint_ends_in_time()
    {
        const string Secret = "a-secret-that-nobody-has";
        await using Site site = await SiteAsync(root =>
        {
            root["AwsS3Storage"] = new JsonObject
            {
                ["BucketName"] = "images",
                ["Region"] = "us-east-1",
                ["Endpoint"] = $"http://127.0.0.1:{LocalPort.Free(1)[0]}",
                ["AccessKey"] = "key",
                ["SecretKey"] = Secret,
                ["VirtualAddressing"] = false,
                ["RequestTimeout"] = 2,
                ["StorageEncryption"] = root["LocalStorage"]!["StorageEncryption"]!.DeepClone(),
            };
            root.Remove("LocalStorage");
        });
        long began = Environment.TickCount64;
        CommandResult mount = await site.RunAsync("mount");
        Assert.InRange(Environment.TickCount64 - began, 0, 30_000);
        Assert.Equal(5, mount.ExitCode);
        Assert.DoesNotContain(Secret, mount.Errors, StringComparison.Ordinal);
    }

    private async Task<Site> SiteAsync(Action<JsonObject> change)
    {
        Site site = await Site.CreateAsync(new SiteSetup(), servers);
        await site.ConfigureAsync(change);
        return site;
    }

    /// <summary>Both <c>mount</c> and <c>check</c> refuse; returns what mount said.</summary>
    private static async Task<string> AssertRefusedAsync(Site site, int exitCode, params string[] words)
    {
        CommandResult mount = await site.RunAsync("mount");
        Assert.Equal(exitCode, mount.ExitCode);
        string line = Assert.Single(mount.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.All(words, word => Assert.Contains(word, line));
        Assert.Empty(Directory.EnumerateFileSystemEntries(site.MountPoint));
        CommandResult check = await site.RunAsync("check");
        Assert.Equal(exitCode, check.ExitCode);
        Assert.Contains("FAILED", check.Output);
        return line;
    }
}
