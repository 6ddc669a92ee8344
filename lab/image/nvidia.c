/* Stands in for NVIDIA's module in tests: like the real ones it has a character device, and is in use while that is open. */
#include <linux/fs.h>
#include <linux/module.h>

static int opened(struct inode *inode, struct file *file) { return 0; }
static const struct file_operations operations = { .owner = THIS_MODULE, .open = opened };

static int NVreg_Lab;
module_param(NVreg_Lab, int, 0444);

static int __init begin(void) { return register_chrdev(195, "nvidia", &operations); }
static void __exit end(void) { unregister_chrdev(195, "nvidia"); }
module_init(begin);
module_exit(end);

MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION("550.163.01");
