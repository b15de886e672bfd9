using System.Runtime.Versioning;
using OrthancCloudFs.Envelope.Keys;
using OrthancCloudFs.Envelope.Tests.Support;
using Xunit;

namespace OrthancCloudFs.Envelope.Tests.Keys;

public sealed class MasterKeyFileTests : IDisposable
{
    private static readonly byte[] Key = Objects.KeyBytes(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("keys").FullName;

    private string KeyPath => Path.Combine(_folder, "master.key");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("  \t\n\n")]
    public void Base64_of_32_bytes_is_read_with_any_white_space(string end)
    {
        string base64 = Convert.ToBase64String(Key);
        File.WriteAllText(KeyPath, " " + base64[..20] + "\n" + base64[20..] + end);
        using MasterKey key = MasterKeyFile.Load(9, KeyPath).Key;
        Assert.Equal(9u, key.Id);
        using SecretBuffer.Lease lease = key.Borrow();
        Assert.Equal(Key, lease.Bytes.ToArray());
    }

    public static TheoryData<string, byte[]> Refused => new()
    {
        { "an empty file", [] },
        { "nothing but white space", " \n"u8.ToArray() },
        { "64 hexadecimal digits", Text(Convert.ToHexString(Key) + "\n") },
        { "64 hexadecimal digits", Text(Convert.ToHexStringLower(Key)) },
        { "32 bytes of binary data", Key },
        { "the base64 of 31 bytes", Text(Convert.ToBase64String(Key.AsSpan(1)) + "\n") },
        { "the base64 of 33 bytes", Text(Convert.ToBase64String([.. Key, 1])) },
        { "the base64 of 64 bytes", Text(Convert.ToBase64String([.. Key, .. Key])) },
        { "the base64 of 24 bytes", Text("abcdefghijklmnopqrstuvwxyzABCDEF") },
        { "11 characters that are not base64", Text("not*base64!\n") },
        { "43 characters that are not base64", Text(Convert.ToBase64String(Key).TrimEnd('=')) },
        { "more than 4096 bytes", Text(new string('A', 5000)) },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Anything_else_is_refused_with_what_was_found(string found, byte[] content)
    {
        File.WriteAllBytes(KeyPath, content);
        var error = Assert.Throws<MasterKeyException>(() => MasterKeyFile.Load(1, KeyPath));
        Assert.Equal(
            $"{KeyPath}: found {found}; a key file holds the base64 of exactly 32 bytes; 'orthanc-cloudfs keygen FILE' makes one",
            error.Message);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        var error = Assert.Throws<MasterKeyException>(() => MasterKeyFile.Load(1, KeyPath));
        Assert.Equal($"{KeyPath}: no such key file; 'orthanc-cloudfs keygen FILE' makes one", error.Message);
        error = Assert.Throws<MasterKeyException>(() => MasterKeyFile.Load(1, Path.Combine(_folder, "no", "such")));
        Assert.Contains("no such key file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_is_named()
    {
        var error = Assert.Throws<MasterKeyException>(() => MasterKeyFile.Load(1, _folder));
        Assert.StartsWith($"{_folder}: the key file cannot be read: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("600", false)]
    [InlineData("640", false)]
    [InlineData("604", true)]
    [InlineData("602", true)]
    [InlineData("644", true)]
    [UnsupportedOSPlatform("windows")]
    public void A_file_open_to_everybody_is_warned_of(string mode, bool warned)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes; WindowsKeyFileTests are about its access control lists");
        MasterKeyFile.Create(KeyPath);
        File.SetUnixFileMode(KeyPath, (UnixFileMode)Convert.ToInt32(mode, 8));
        (MasterKey key, string? warning) = MasterKeyFile.Load(1, KeyPath);
        key.Dispose();
        Assert.Equal(
            warned ? $"{KeyPath}: the key file is open to everybody (mode {mode}); restrict it with 'chmod 600 {KeyPath}'" : null, warning);
    }

    [Fact]
    public void A_created_file_is_private_and_holds_a_fresh_key()
    {
        MasterKeyFile.Create(KeyPath);
        string second = Path.Combine(_folder, "second.key");
        MasterKeyFile.Create(second);

        string text = File.ReadAllText(KeyPath);
        Assert.Equal(45, text.Length);
        Assert.Equal('\n', text[^1]);
        Assert.Equal(32, Convert.FromBase64String(text).Length);
        Assert.False(text.Equals(File.ReadAllText(second), StringComparison.Ordinal));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyPath));

        (MasterKey key, string? warning) = MasterKeyFile.Load(1, KeyPath);
        key.Dispose();
        Assert.Null(warning);
    }

    [Fact]
    public void An_existing_file_is_never_overwritten()
    {
        File.WriteAllText(KeyPath, "precious");
        var error = Assert.Throws<MasterKeyException>(() => MasterKeyFile.Create(KeyPath));
        Assert.Equal($"{KeyPath}: exists already and is not overwritten; choose another name", error.Message);
        Assert.Equal("precious", File.ReadAllText(KeyPath));
    }

    [Fact]
    public void A_key_that_cannot_be_written_is_one_line()
    {
        string path = Path.Combine(_folder, "no", "such.key");
        var error = Assert.Throws<MasterKeyException>(() => MasterKeyFile.Create(path));
        Assert.StartsWith($"{path}: cannot be written: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    private static byte[] Text(string text) => System.Text.Encoding.ASCII.GetBytes(text);
}
