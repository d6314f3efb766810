/** A patch with one of each thing that a reader must be told of. */
export const samplePatch = `diff --git a/README.md b/README.md
index 1111111111111111111111111111111111111111..2222222222222222222222222222222222222222 100644
--- a/README.md
+++ b/README.md
@@ -13,4 +13,4 @@
 ## Use
${' '}
-- Run \`npm start\` to launch.
+- Run \`npm run dev\` to launch.
 -- the end
@@ -40,2 +40,3 @@
 one
--- looks like a header
+++ so does this
+diff --git a/x b/x
\\ No newline at end of file
diff --git a/bin/run me b/bin/run me
old mode 100644
new mode 100755
diff --git "a/\\303\\244\\tb" "b/\\303\\244\\tb"
new file mode 120000
index 0000000000000000000000000000000000000000..3333333333333333333333333333333333333333
--- /dev/null
+++ "b/\\303\\244\\tb"
@@ -0,0 +1 @@
+../../etc/passwd
\\ No newline at end of file
diff --git a/logo.png b/logo.png
deleted file mode 100644
index 4444444444444444444444444444444444444444..0000000000000000000000000000000000000000
GIT binary patch
literal 0
HcmV?d00001

`;
